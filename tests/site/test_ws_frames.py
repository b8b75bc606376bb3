# SPDX-License-Identifier: ISC
"""oriel-ws itself, frame by frame on its own socket, with an orield played by the test."""
import concurrent.futures
import contextlib
import json
import pathlib
import signal
import socket
import subprocess
import time

import pytest

import oriel
import wsclient
from standin import Standin
from wsclient import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, close_payload, encode

MESSAGE_MAX = 16 * 1024
# The memory that one client may cost; AddressSanitizer takes its share.
COST_MAX = (16 if b"__asan_init" in (oriel.BUILD / "oriel-ws").read_bytes() else 2) << 20
GONE = {"ok": False, "reason": "camera daemon not running", "code": "no_daemon"}
BAD_JSON, UNKNOWN = {"error": "bad json", "code": "bad_json"}, {"error": "unknown command", "code": "unknown_command"}


class Worker:
    """oriel-ws alone, and clients straight on its socket."""

    def __init__(self, site):
        self.site, self.daemon = site, site["oriel-ws"]
        self.socket = site.folder / "ws.sock"
        oriel.wait_for(lambda: wsclient.answers(self.socket))
        time.sleep(0.05)        # the question itself is a connection
        self.daemon.baseline = self.daemon.descriptors()
        # There is an orield only where a test plays one.
        site.outage()
        site.allow(r"control\.sock: ")

    def client(self, path="/control", **how):
        return wsclient.Client(self.socket, path, **how)

    @contextlib.contextmanager
    def orield(self, answer=lambda command: {"ok": True, "echo": command}, camera="cam"):
        with Standin(self.site.folder / camera, answer) as standin:
            yield standin

    def memory(self):
        """Bytes of its own that are in memory (proc(5), smaps_rollup)."""
        text = pathlib.Path(f"/proc/{self.daemon.pid}/smaps_rollup").read_text()
        return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Private_")) * 1024

    def wakeups(self):
        text = pathlib.Path(f"/proc/{self.daemon.pid}/status").read_text()
        return sum(int(line.split()[1]) for line in text.splitlines() if "ctxt_switches" in line)


@pytest.fixture
def make_worker(make_site):
    def make(*options):
        # What AddressSanitizer keeps back for a while would look like our own memory.
        env = {"ASAN_OPTIONS": "quarantine_size_mb=1"}
        return Worker(make_site(ready=False, programs=["oriel-ws"], ws=options, env=env, hosts="cam.example"))
    return make


@pytest.fixture
def worker(make_worker):
    return make_worker()


def ask(client, message, **how):
    client.send(TEXT, message if isinstance(message, (str, bytes)) else json.dumps(message), **how)
    return answer(client)


def answer(client):
    frame = client.recv()
    assert frame is not None and (frame.opcode, frame.fin, frame.rsv) == (TEXT, True, 0), frame
    return json.loads(frame.payload)


def ended(client):
    """The code that the server ended with; None for a Close without one."""
    frame = client.recv()
    assert frame is not None and frame.opcode == CLOSE, frame
    assert client.recv() is None
    return frame.code


# ---- commands and replies

def test_commands_go_to_orield_and_replies_come_back(worker):
    with worker.orield() as orield, worker.client() as client:
        for command in {"cmd": "snapshot_now"}, {"cmd": "set", "threshold": 20}, {"cmd": "get", "id": "ä-1"}:
            assert ask(client, command) == {"ok": True, "echo": command}
        assert orield.commands() == [{"cmd": "snapshot_now"}, {"cmd": "set", "threshold": 20}, {"cmd": "get", "id": "ä-1"}]


def test_binary_and_pretty_messages_become_one_line(worker):
    with worker.orield() as orield, worker.client() as client:
        client.send(BINARY, b'{"cmd": "reset"}')
        assert answer(client)["echo"] == {"cmd": "reset"}
        ask(client, '\n{\r\n\t"cmd":\n"set",\n"name": "a\\nb"}\n')
        assert orield.commands()[-1] == {"cmd": "set", "name": "a\nb"}
        assert orield.lines[-1].count(b"\n") == 1


@pytest.mark.parametrize("message", ["", "{", "nonsense", '"text"', "12", "null", "[]", '[{"cmd": "reset"}]', "{}x",
                                     '{"cmd": "reset", "cmd": "reset"}', '{"cmd": "a\\u0000"}', "{'cmd': 'reset'}"])
def test_what_is_no_object_is_bad_json(worker, message):
    with worker.orield() as orield, worker.client() as client:
        assert ask(client, message) == BAD_JSON
        assert ask(client, {"cmd": "status"})["ok"]      # the connection stays
        assert orield.commands() == [{"cmd": "status"}]


@pytest.mark.parametrize("name", ["", "nonsense", "STATUS", "status ", None, 5, ["status"],
                                  "subscribe", "attach", "viewers"])
def test_unknown_and_local_commands(worker, name):
    with worker.orield() as orield, worker.client() as client:
        assert ask(client, {"cmd": name}) == UNKNOWN
        assert ask(client, {"nocmd": 1}) == UNKNOWN
        assert orield.commands() == []


def test_ids_come_back_in_every_reply(worker):
    with worker.client() as client:
        for mark in 7, -1, 2 ** 60, "a", "é" * 32, "":
            assert ask(client, {"cmd": "x", "id": mark}) == dict(UNKNOWN, id=mark)
            assert ask(client, {"cmd": "status", "id": mark}) == dict(GONE, id=mark)
        for no_id in 1.5, True, None, [], {}, "x" * 65:
            assert ask(client, {"cmd": "x", "id": no_id}) == UNKNOWN


def test_replies_keep_the_order_of_messages(worker):
    with worker.orield(lambda command: None) as orield, worker.client() as client:
        messages = [{"cmd": "status", "id": 1}, {"cmd": "nonsense", "id": 2}, {"cmd": "get", "id": 3}, {"id": 4}]
        orield.wait_viewers(1)
        client.send_raw(b"".join(encode(TEXT, json.dumps(message)) for message in messages))
        orield.wait(lambda commands: {"cmd": "get", "id": 3} in commands)
        orield.reply({"id": 1, "ok": True})
        assert [answer(client)["id"] for _ in range(2)] == [1, 2]
        orield.reply({"id": 3, "ok": True})
        assert [answer(client)["id"] for _ in range(2)] == [3, 4]


def test_many_messages_at_once(worker):
    count = 500
    with worker.orield() as orield, worker.client() as client:
        kinds = [{"cmd": "status", "id": i} if i % 3 else {"cmd": "?", "id": i} for i in range(count)]
        client.send_raw(b"".join(encode(TEXT, json.dumps(kind)) for kind in kinds))
        replies = [answer(client) for _ in range(count)]
        assert [r["echo"]["id"] if "echo" in r else r["id"] for r in replies] == list(range(count))
        assert len(orield.commands()) == count - len(range(0, count, 3))


def test_two_clients_get_their_own_replies(worker):
    with worker.orield(lambda command: None) as orield, worker.client() as one, worker.client() as two:
        orield.wait_viewers(2)
        one.text('{"cmd": "status", "id": "one"}')
        orield.wait(lambda commands: commands[-1].get("id") == "one")
        two.text('{"cmd": "status", "id": "two"}')
        orield.wait(lambda commands: commands[-1].get("id") == "two")
        orield.reply({"id": "one"})
        orield.reply({"id": "two"})
        assert answer(two) == {"id": "two"}
        assert answer(one) == {"id": "one"}


def test_a_command_right_before_the_end_is_done(worker):
    with worker.orield() as orield, worker.client() as client:
        client.send_raw(encode(TEXT, '{"cmd": "reset"}') + encode(CLOSE, close_payload(1000)))
        orield.wait(lambda commands: {"cmd": "reset"} in commands)


def test_a_reply_to_somebody_who_has_gone(worker):
    with worker.orield(lambda command: None) as orield:
        with worker.client() as stays:
            orield.wait_viewers(1)
            with worker.client() as client:
                orield.wait_viewers(2)
                client.text('{"cmd": "reset", "id": 1}')
                orield.wait(lambda commands: {"cmd": "reset", "id": 1} in commands)
            orield.wait_viewers(1)      # it is gone
            stays.text('{"cmd": "status", "id": 2}')
            orield.wait(lambda commands: {"cmd": "status", "id": 2} in commands)
            orield.reply({"id": 1})
            orield.reply({"id": 2})
            assert answer(stays) == {"id": 2}


def test_the_longest_reply(worker):
    text = "x" * (60 * 1024)
    with worker.orield(lambda command: {"text": text}), worker.client() as client:
        assert ask(client, {"cmd": "events"}) == {"text": text}


# ---- orield away

def test_orield_away_and_back(worker):
    with worker.client() as client:
        assert ask(client, {"cmd": "status"}) == GONE
        with worker.orield():
            oriel.wait_for(lambda: ask(client, {"cmd": "status"}) != GONE)
        oriel.wait_for(lambda: ask(client, {"cmd": "status"}) == GONE)
        with worker.orield():
            oriel.wait_for(lambda: ask(client, {"cmd": "status"}) != GONE)


def test_the_first_message_is_never_too_early(worker):
    with worker.orield():
        for _ in range(20):
            with worker.client(handshake=False) as client:
                client.send_raw(wsclient.request() + encode(TEXT, '{"cmd": "status"}'))
                assert client.read_head()[0] == 101
                assert answer(client)["ok"]


def test_orield_dies_with_a_command_in_its_hands(worker):
    with worker.orield(lambda command: None) as orield, worker.client() as client:
        orield.wait_viewers(1)
        client.text('{"cmd": "snapshot_now", "id": 5}')
        orield.wait(lambda commands: any(c["cmd"] == "snapshot_now" for c in commands))
        orield.stop()
        assert answer(client).items() >= {"ok": False, "code": "unknown_outcome", "id": 5}.items()


# ---- cameras

def test_each_camera_has_its_own_orield(worker):
    with worker.orield(lambda c: {"camera": "cam"}), worker.orield(lambda c: {"camera": "porch"}, "porch"):
        for path, name in ("/control", "cam"), ("/cam/cam/control", "cam"), ("/cam/porch/control", "porch"):
            with worker.client(path) as client:
                assert ask(client, {"cmd": "status"}) == {"camera": name}


def test_unknown_camera_is_404_with_the_list(worker):
    with worker.orield(), worker.orield(camera="porch"):
        with worker.client("/cam/attic/control") as client:
            assert client.status == 404
            assert json.loads(client.read_body()) == {"error": "unknown camera", "code": "unknown_camera", "cameras": ["cam", "porch"]}


def test_known_cameras_stay_known_while_their_orield_is_away(worker):
    with worker.client("/cam/cam/control") as client:
        assert client.status == 101     # the default one
    with worker.client("/cam/porch/control") as client:
        assert client.status == 404
    with worker.orield(camera="porch"), worker.client("/cam/porch/control") as client:
        assert ask(client, {"cmd": "status"})["ok"]
    with worker.client("/cam/porch/control") as client:
        assert ask(client, {"cmd": "status"}) == GONE


@pytest.mark.parametrize("option,cameras,expected", [
    ("", ["porch"], "porch"), ("", ["cam", "porch"], "cam"), ("", ["attic", "porch"], None),
    ("--default-camera=porch", ["cam", "porch"], "porch")])
def test_which_camera_is_meant_without_a_name(make_worker, option, cameras, expected):
    worker = make_worker(*[option] if option else [])
    with contextlib.ExitStack() as stack:
        for name in cameras:
            stack.enter_context(worker.orield(lambda command, name=name: {"camera": name}, name))
        client = stack.enter_context(worker.client())
        if expected is None:
            assert client.status == 404
            assert json.loads(client.read_body()) == {
                "error": "which camera? say /cam/NAME/…, or set default_camera", "code": "which_camera", "cameras": cameras}
        else:
            assert ask(client, {"cmd": "status"}) == {"camera": expected}


def test_orield_is_told_how_many_are_here(worker):
    with contextlib.ExitStack() as stack:
        orield = stack.enter_context(worker.orield())
        one = stack.enter_context(worker.client())
        orield.wait_viewers(1)
        two = stack.enter_context(worker.client())
        orield.wait_viewers(2)
        two.close()
        orield.wait_viewers(1)
        orield.stop()
        orield = stack.enter_context(worker.orield())
        orield.wait_viewers(1)
        one.close()
        # Nobody is left: the connection is given up, and orield forgets its viewers.
        assert orield.ended.wait(10)


# ---- limits

@pytest.mark.parametrize("frames", [
    lambda m: [encode(TEXT, m)],
    lambda m: [encode(TEXT, m[:1000], fin=False), encode(PING, "p"), encode(CONTINUATION, m[1000:])],
], ids=["whole", "fragments"])
def test_messages_of_16_kib_and_no_more(worker, frames):
    message = '{"cmd": "set", "x": "%s"}'
    message %= "x" * (MESSAGE_MAX - len(message) + 2)
    with worker.orield(lambda command: {"length": len(command["x"])}), worker.client() as client:
        client.send_raw(b"".join(frames(message)))
        frame = client.recv()
        frame = client.recv() if frame.opcode == PONG else frame
        assert json.loads(frame.payload)["length"] == MESSAGE_MAX - 23
        client.send_raw(b"".join(frames(message + " ")))
        frame = client.recv()
        frame = client.recv() if frame.opcode == PONG else frame
        assert frame.code == 1009
        assert client.recv() is None


@pytest.mark.parametrize("bad,code", [
    (encode(TEXT, b"\xc3("), 1007), (encode(TEXT, b"\xff", fin=False), 1007),
    (encode(TEXT, '{"cmd": "status"}', masked=False), 1002), (encode(TEXT, "{}", rsv=4), 1002),
    (encode(3), 1002), (encode(CONTINUATION, "x"), 1002), (encode(PING, "x", fin=False), 1002),
    (encode(BINARY, b"x" * 100, form=16), 1002), (encode(BINARY, b"x" * 100, form=64), 1002),
], ids=["utf8", "utf8-fragment", "unmasked", "rsv", "opcode", "continuation", "ping-fragment", "form16", "form64"])
def test_violations_end_it(worker, bad, code):
    with worker.client() as client:
        client.send_raw(bad)
        assert ended(client) == code


def test_a_huge_length_allocates_nothing(worker):
    with worker.client() as client:
        before = worker.memory()
        client.send_raw(b"\x82\xff" + (2 ** 62).to_bytes(8, "big") + b"\0\0\0\0x")
        assert client.recv().code == 1009
        assert worker.memory() - before < 256 * 1024


def stuff(client, data, seconds):
    """Push `data` again and again without reading; how many bytes went in."""
    client.sock.settimeout(0.3)
    sent, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            sent += client.sock.send(data)
        except TimeoutError:
            break       # it takes no more
    client.sock.settimeout(10)
    return sent


@pytest.mark.parametrize("frame,reply", [
    (encode(PING, b"x" * 125), {}), (encode(TEXT, '{"cmd":"events"}'), {"text": "x" * 60000}), (encode(TEXT, "?"), {}),
], ids=["pings", "replies", "errors"])
def test_a_client_that_never_reads_costs_little(worker, frame, reply):
    with worker.orield(lambda command: reply), worker.client() as client, worker.client() as other:
        ask(other, {"cmd": "status"})
        before = worker.memory()
        assert stuff(client, frame * 500, 3) < 3 << 20
        assert worker.memory() - before < COST_MAX
        assert ask(other, {"cmd": "status"}) == reply     # nobody else notices


def test_fast_clients_leave_time_for_others(worker):
    """A client that floods with answered pings, and the round trips of another."""
    with worker.orield(), worker.client() as flood, worker.client() as other, \
            concurrent.futures.ThreadPoolExecutor(1) as pool:
        reading = pool.submit(lambda: sum(len(data) for data in iter(lambda: flood.sock.recv(65536), b"")))
        until, slowest = time.monotonic() + 1, 0
        while time.monotonic() < until:
            flood.send_raw(encode(PING, b"x" * 125) * 400)
            began = time.monotonic()
            ask(other, {"cmd": "status"})
            slowest = max(slowest, time.monotonic() - began)
        flood.send(CLOSE)
        assert reading.result(10) > 0
        assert slowest < 0.5


def test_no_more_commands_than_allowed(make_site):
    """As over HTTP: of 8 at a time, 4 for one account, the last for operators. No connection ends."""
    worker = Worker(make_site(ready=False, programs=["oriel-ws"], ws=["--max-commands=8"], login=True, hosts="cam.example"))
    lists, grant = {"cmd": "events", "limit": 1000}, "0" * 32
    grants = worker.site.folder / ".grants"
    grants.mkdir(exist_ok=True)
    (grants / grant).touch()

    def someone(name, role="viewer"):
        client = stack.enter_context(worker.client(X_Oriel_User=name, X_Oriel_Role=role, X_Oriel_Grant=grant))
        assert client.status == 101
        return client

    def asked(orield, count):
        orield.wait(lambda commands: sum(c["cmd"] == "events" for c in commands) >= count)

    with contextlib.ExitStack() as stack, worker.orield(lambda command: None) as orield:
        vic, also_vic, friend, anna = someone("vic"), someone("vic"), someone("friend"), someone("anna", "operator")
        orield.wait_viewers(4)
        for client in vic, also_vic:
            for _ in range(2):
                client.text(json.dumps(lists))
        asked(orield, 4)
        also_vic.text(json.dumps(lists | {"id": 5}))
        for _ in range(3):
            friend.text(json.dumps(lists))
        asked(orield, 6)        # six lists are under way at a time: the others wait in oriel-ws
        friend.text(json.dumps({"cmd": "status", "id": 6}))
        anna.text(json.dumps({"cmd": "reset"}))
        orield.wait(lambda commands: any(c["cmd"] == "reset" for c in commands))
        assert not orield.commands("status")
        for _ in range(6):
            orield.reply({"ok": True})
        asked(orield, 7)
        for _ in range(2):
            orield.reply({"ok": True})
        share = {"ok": False, "reason": "too many requests at a time from one account or address", "code": "too_many_from_one", "id": 5}
        full = {"ok": False, "reason": "too many requests at a time", "code": "too_many", "id": 6}
        for client, replies in (vic, [{"ok": True}] * 2), (also_vic, [{"ok": True}] * 2 + [share]), (friend, [{"ok": True}] * 3 + [full]), \
                (anna, [{"ok": True}]):
            assert [json.loads(client.recv().payload) for _ in replies] == replies
        vic.text(json.dumps({"cmd": "status"}))         # places were given back
        orield.wait(lambda commands: any(c["cmd"] == "status" for c in commands))


def test_no_more_clients_than_allowed(make_worker):
    worker = make_worker("--max-clients=2", "--max-share=100")
    with worker.client() as one, worker.client():
        with worker.client() as third:
            assert third.status == 503
            assert int(third.headers["retry-after"]) > 0
            assert json.loads(third.read_body()) == {"error": "too many clients", "code": "too_many"}
        one.close()
        with worker.client() as again:
            assert again.status == 101


def test_connections_without_a_handshake_are_bounded(make_worker):
    """When all places are taken the next wait in the listener's queue, and get in later."""
    worker = make_worker("--max-clients=1")
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(worker.client(handshake=False)) for _ in range(65)]
        late = stack.enter_context(worker.client(handshake=False))
        late.send_raw(wsclient.request())
        late.sock.settimeout(0.3)
        with pytest.raises(TimeoutError):
            late.read_head()
        idle[0].sock.close()
        late.sock.settimeout(10)
        assert late.read_head()[0] == 101


# ---- handshake

def test_handshake_in_pieces_and_frames_behind_it(worker):
    with worker.client(handshake=False) as client:
        client.send_raw(wsclient.request() + encode(PING, "early"), chop=7)
        assert client.read_head()[0] == 101
        assert client.recv() == (PONG, b"early", True, 0)


@pytest.mark.parametrize("headers,status,code", [
    (dict(Origin="http://cam.example", X_Forwarded_Proto="http"), 101, None),
    (dict(Origin="http://evil.example", X_Forwarded_Proto="http"), 403, "foreign_origin"),
    (dict(Origin="null", X_Forwarded_Proto="http"), 403, "foreign_origin"),
    (dict(host="evil.example", Origin="http://evil.example", X_Forwarded_Proto="http"), 403, "unknown_host"),
    (dict(Sec_WebSocket_Protocol="chat"), 400, None), (dict(Sec_WebSocket_Protocol="chat, oriel"), 101, None),
    (dict(Sec_WebSocket_Version="8"), 426, None), (dict(Upgrade=None), 426, None), (dict(method="POST"), 405, None),
    (dict(Sec_WebSocket_Key="short"), 400, None), (dict(X="\0"), 400, None), (dict(X="x" * 9000), 431, None),
])
def test_handshakes(worker, headers, status, code):
    with worker.client(**headers) as client:
        assert client.status == status
        if status != 101:
            assert client.headers["content-type"] == "application/json"
            body = json.loads(client.read_body())
            assert "error" in body and (status != 403 or body["code"] == code)
            assert client.recv() is None


def test_origins_by_option(make_worker):
    worker = make_worker("--allow-origins=https://octopi.example", "--no-allow-no-origin")
    with worker.client(Origin="https://octopi.example") as client:
        assert client.status == 101
    with worker.client() as client:
        assert client.status == 403


# ---- beginning and end

@pytest.mark.parametrize("clients", [0, 1, 50])
def test_sigterm_says_1001_to_all(worker, clients):
    with contextlib.ExitStack() as stack:
        all_of_them = [stack.enter_context(worker.client()) for _ in range(clients)]
        began = time.monotonic()
        worker.daemon.process.send_signal(signal.SIGTERM)
        for client in all_of_them:
            frame = client.recv()
            assert (frame.opcode, frame.code) == (CLOSE, 1001)
            client.send(CLOSE, frame.payload)
            assert client.recv() is None
            client.sock.close()
        assert worker.daemon.process.wait(10) == 0
        assert time.monotonic() - began < 2
        assert not worker.socket.exists()


def test_sigterm_does_not_wait_for_the_deaf(worker):
    with worker.client() as client:
        stuff(client, encode(PING, b"x" * 125) * 500, 1)
        worker.daemon.process.send_signal(signal.SIGTERM)
        assert worker.daemon.process.wait(6) == 0


def test_a_second_one_leaves_the_first_alone(worker, make_site):
    second = oriel.Daemon("second", worker.daemon.argv, worker.site.folder, worker.site.env)
    second.start()
    assert second.process.wait(10) == 1
    assert "another process is serving this socket" in second.log.read_text()
    with worker.client() as client:
        assert client.status == 101


def test_socket_mode(worker):
    assert worker.socket.stat().st_mode & 0o777 == 0o660


def test_wrong_options_are_named(worker):
    for option, text in ("--max-clients=0", "max_clients out of range"), ("--default-camera=No!", "default_camera"), \
            ("--run-dir=/" + "x" * 120, "run_dir"), ("--nonsense", "unknown option"):
        wrong = oriel.Daemon("wrong", [*worker.daemon.argv, option], worker.site.folder, worker.site.env)
        wrong.start()
        assert wrong.process.wait(10) == 2
        assert text in wrong.log.read_text().splitlines()[-1]


def test_idle_clients_wake_nobody(worker):
    with worker.orield(), contextlib.ExitStack() as stack:
        for _ in range(5):
            ask(stack.enter_context(worker.client()), {"cmd": "status"})
        time.sleep(0.2)
        before = worker.wakeups()
        time.sleep(2)
        assert worker.wakeups() == before


def test_descriptors_and_memory_stay_flat(worker):
    def churn(count):
        for i in range(count):
            with worker.client() as client:
                ask(client, {"cmd": "status"})
                if i % 3 == 0:
                    client.close()
                elif i % 3 == 1:
                    client.send_raw(encode(TEXT, "x", masked=False))

    with worker.orield(), worker.client() as stays:
        ask(stays, {"cmd": "status"})
        churn(300)
        oriel.wait_for(lambda: len(worker.daemon.descriptors()) <= len(worker.daemon.baseline) + 2)
        before = worker.memory()
        churn(1000)
        oriel.wait_for(lambda: len(worker.daemon.descriptors()) <= len(worker.daemon.baseline) + 2)
        assert worker.memory() - before < 512 * 1024


# ---- systemd

def notices(folder):
    """A socket as systemd's for sd_notify(3)."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.bind(str(folder / "notify"))
    sock.settimeout(10)
    return sock


def test_systemd_hears_of_the_beginning_the_life_and_the_end(make_site):
    site = make_site(ready=False, programs=[])
    with notices(site.folder) as notify:
        site.add("oriel-ws", [oriel.BUILD / "oriel-ws", f"--listen={site.folder}/ws.sock"])
        daemon = site["oriel-ws"]
        daemon.env = site.env | {"NOTIFY_SOCKET": str(site.folder / "notify"), "WATCHDOG_USEC": "200000"}
        daemon.start()
        assert notify.recv(1000).startswith(b"READY=1\n")
        assert [notify.recv(1000) for _ in range(3)] == [b"WATCHDOG=1"] * 3
        daemon.process.send_signal(signal.SIGTERM)
        while (notice := notify.recv(1000)) != b"STOPPING=1":
            assert notice == b"WATCHDOG=1"
        assert daemon.process.wait(10) == 0


def test_a_socket_handed_over_by_systemd(make_site):
    """The worker serves it and leaves it where it is: a restart refuses no connection."""
    site = make_site(ready=False, programs=[])
    site.allow(r"control\.sock: No such file")
    path = site.folder / "ws.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        # sh, as LISTEN_PID has to be the program's own.
        site.add("oriel-ws", ["sh", "-c", 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" --login=no --allow-hosts=cam.example --listen=/nonexistent/sock 3<&0',
                              oriel.BUILD / "oriel-ws"])
        daemon = site["oriel-ws"]
        for _ in range(2):
            with daemon.log.open("ab") as log:
                daemon.process = subprocess.Popen(daemon.argv, env=daemon.env, stdin=listener, stdout=log, stderr=log)
            with wsclient.Client(path) as client:
                assert client.status == 101
                daemon.process.send_signal(signal.SIGTERM)
                assert client.recv().code == 1001
            assert daemon.process.wait(10) == 0
            assert path.exists()
