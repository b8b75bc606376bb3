# SPDX-License-Identifier: ISC
"""oriel-fcgi alone, spoken to as nginx does and as nobody should; orield is a fake that does what the test says. No nginx here: its part is
tested elsewhere."""
import contextlib
import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

import pytest

import fcgiclient as fcgi
from fake_orield import Orield
from oriel import SANITIZER, children, wait_for

BUILD = pathlib.Path(os.environ.get("BUILD_DIR", "build")).resolve()
PICTURE = b"\xff\xd8" + bytes(range(256)) * 40 + b"\xff\xd9"


class Worker:
    """oriel-fcgi in a folder of its own."""

    def __init__(self, *options):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="oriel-", dir="/tmp"))
        self.path = self.folder / "sock"
        self.log = self.folder / "log"
        self.options = options
        self.fakes = []
        self.process = None

    def start(self):
        argv = [BUILD / "oriel-fcgi", f"--listen={self.path}", f"--run-dir={self.folder}", "--log-level=debug",
                "--login=no", *self.options]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for(self.answers)
        if self.fakes:
            wait_for(lambda: self.get("/status").status == 200)
        return self

    def answers(self):
        assert self.process.poll() is None, self.log.read_text()
        try:
            with self.client(timeout=1) as client:
                return client.get("/healthz").status == 200
        except (OSError, fcgi.Gone):
            return False

    def orield(self, name="cam", **kw):
        fake = Orield(self.folder, name, **kw)
        self.fakes.append(fake)
        return fake

    def client(self, **kw):
        return fcgi.Client(self.path, **kw)

    def get(self, path, **more):
        with self.client() as client:
            return client.get(path, **more)

    @property
    def pids(self):
        return children(self.process.pid)

    def descriptors(self):
        """How many each worker has, once that has stood still."""
        before = None
        while before != (now := [len(os.listdir(f"/proc/{pid}/fd")) for pid in self.pids]):
            before = now
            time.sleep(0.1)
        return now

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(20)
        for fake in self.fakes:
            if fake.thread.is_alive():
                fake.stop()
        text = self.log.read_text()
        assert status == 0, text
        assert not SANITIZER.search(text), text
        assert not self.path.exists()
        shutil.rmtree(self.folder)      # a failed test's is kept


@contextlib.contextmanager
def running(*options, camera=True):
    worker = Worker(*options)
    try:
        if camera:
            worker.orield()
        worker.start()
        yield worker
    except BaseException:
        print(worker.log.read_text()[-5000:])
        raise
    finally:
        if worker.process and worker.process.poll() is None:
            worker.stop()


@pytest.fixture
def worker():
    with running() as worker:
        yield worker


@pytest.fixture
def orield(worker):
    return worker.fakes[0]


# ---- requests, good and bad ----------------------------------------------------

def test_status_is_what_orield_says(worker, orield):
    answer = worker.get("/status")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["camera"] == "cam"
    assert int(answer.headers["content-length"]) == len(answer.body)


def test_a_connection_is_kept_for_many_requests(worker):
    with worker.client() as client:
        for _ in range(100):
            assert client.get("/healthz", keep=True).json() == {"ok": True}
        assert client.get("/healthz", keep=False).status == 200
        assert client.closed()


def test_a_request_in_small_pieces(worker):
    """It stays in the socket until it is whole, so each piece counts with the kernel's overhead: about 270 fit, of whatever size, and
    poll(2) calls the socket full at a quarter of that."""
    whole = fcgi.request("/healthz", HTTP_COOKIE="x" * 100)
    with worker.client() as client:
        for at in range(0, len(whole), 5):
            client.send(whole[at:at + 5])
        assert client.whole().status == 200


def test_a_body_that_comes_late_is_read_before_the_next_request(worker, orield):
    body = json.dumps({"threshold": 33}).encode()
    whole = fcgi.request("/config", method="POST", body=body, keep=True, CONTENT_TYPE="application/json")
    with worker.client() as client:
        for _ in range(3):
            client.send(whole[:-30])
            time.sleep(0.05)
            client.send(whole[-30:])
            assert client.whole().json() == {"ok": True, "threshold": 33}


def test_params_in_many_records_and_with_padding(worker):
    content = fcgi.params(REQUEST_METHOD="GET", ORIEL_PATH="/healthz", HTTP_COOKIE="y" * 500)
    pieces = b"".join(fcgi.record(fcgi.PARAMS, content[at:at + 7], padding=at % 256) for at in range(0, len(content), 7))
    with worker.client() as client:
        client.send(fcgi.begin() + pieces + fcgi.record(fcgi.PARAMS) + fcgi.record(fcgi.STDIN))
        assert client.whole().status == 200


def test_nginx_largest_headers_fit(worker):
    """large_client_header_buffers 4 8k: 32 KiB of headers, and a body of 16 KiB."""
    cookies = {f"HTTP_X_{n}": "c" * 8000 for n in range(4)}
    body = b'{"threshold":' + b" " * (16384 - 16) + b"7}"
    answer = worker.get("/config", method="POST", body=body, CONTENT_TYPE="application/json", **cookies)
    assert (answer.status, answer.body) == (200, b'{"ok":true,"threshold":7}')


def huge_pair(name_length, value_length):
    return struct.pack(">II", name_length | 0x80000000, value_length | 0x80000000)


MALFORMED = {
    "lengths near INT_MAX abort libfcgi": fcgi.begin() + fcgi.record(fcgi.PARAMS, huge_pair(0x7ffffffe, 0x7ffffffe)),
    "CVE-2025-23016": fcgi.begin() + fcgi.record(fcgi.PARAMS, huge_pair(0x7fffffff, 0x7fffffff)),
    "GET_VALUES smashes libfcgi's stack": fcgi.record(fcgi.GET_VALUES, fcgi.pair("FCGI_MAX_CONNS", "") * 40, request=0),
    "GET_VALUES inside": fcgi.begin() + fcgi.record(fcgi.GET_VALUES, fcgi.pair("FCGI_MAX_CONNS", "") * 40, request=0),
    "unknown management record": fcgi.record(99, b"x" * 8, request=0),
    "abort": fcgi.begin() + fcgi.record(fcgi.PARAMS, b"\1\1ab") + fcgi.record(fcgi.ABORT),
    "garbage": os.urandom(64) * 1024,
    "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "wrong version": fcgi.record(fcgi.BEGIN, b"\0\1" + b"\0" * 6, version=2),
    "short BEGIN": fcgi.record(fcgi.BEGIN, b"\0\1\0\0"),
    "authorizer": fcgi.begin(role=2),
    "unknown role": fcgi.begin(role=77),
    "two BEGINs": fcgi.begin() * 2,
    "request 2": fcgi.begin(request=2),
    "params of another request": fcgi.begin() + fcgi.record(fcgi.PARAMS, b"\1\1ab", request=3),
    "STDIN before PARAMS": fcgi.begin() + fcgi.record(fcgi.STDIN, b"x"),
    "params end inside a name": fcgi.begin() + fcgi.stream(fcgi.PARAMS, b"\5\5ab"),
    "params end inside a length": fcgi.begin() + fcgi.stream(fcgi.PARAMS, b"\x80\0"),
    "NUL in a value": fcgi.begin() + fcgi.stream(fcgi.PARAMS, fcgi.pair("ORIEL_PATH", b"/\0x")),
    "too many params": fcgi.begin() + fcgi.stream(fcgi.PARAMS, b"\1\1ab" * 300),
    "params over 64 KiB": fcgi.begin() + fcgi.stream(fcgi.PARAMS, fcgi.pair("A", "x" * 40000) * 2),
    "bytes behind the request": fcgi.request("/healthz") + b"x",
}


@pytest.mark.parametrize("what", MALFORMED)
def test_malformed_records_cost_only_their_sender(worker, what):
    pids = worker.pids
    with worker.client() as client:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            client.send(MALFORMED[what])
        assert client.closed(3), what
    assert worker.get("/healthz").status == 200
    assert worker.pids == pids, worker.log.read_text()


def test_a_half_request_is_given_five_seconds(worker):
    with worker.client() as silent, worker.client() as half, worker.client() as kept:
        half.send(fcgi.begin() + b"\1")
        assert kept.get("/healthz", keep=True).status == 200
        start = time.monotonic()
        assert silent.closed(10) and half.closed(10)
        assert 4.5 < time.monotonic() - start < 7
        assert kept.get("/healthz", keep=True).status == 200    # idle between requests: no limit of ours


def test_half_a_request_and_gone(worker):
    before = worker.descriptors()
    for cut in (1, 8, 16, 20, 60):
        with worker.client() as client:
            client.send(fcgi.request("/healthz", HTTP_COOKIE="x" * 100)[:cut])
    wait_for(lambda: worker.descriptors() == before)


def test_a_body_too_large_is_413(worker, orield):
    for size in (16385, 70000, 400000):
        with worker.client() as client:     # all of it is taken: a server that cannot send to its end might say 502
            client.send(fcgi.request("/config", method="POST", body=b"x" * size, CONTENT_TYPE="application/json"))
            answer = client.whole()
            assert answer.status == 413 and "error" in answer.json()
    assert orield.count("set") == 0


# ---- routes --------------------------------------------------------------------

def test_unknown_path(worker):
    answer = worker.get("/no\"such/\u00e4")
    assert answer.status == 404 and answer.json() == {"error": "not found", "code": "not_found", "path": "/no\"such/\u00e4"}
    answer = worker.get("/x", ORIEL_PATH=b"/\xff\xfe")
    assert answer.status == 404 and answer.json()["path"] == "/??"


@pytest.mark.parametrize("path, allow", [("/status", "GET, HEAD"), ("/config", "GET, HEAD, POST"),
                                         ("/snaps/a.jpg", "GET, HEAD, DELETE, POST"), ("/cam/cam/snapshot.jpg", "GET, HEAD")])
def test_wrong_method(worker, path, allow):
    answer = worker.get(path, method="PATCH")
    assert answer.status == 405 and answer.headers["allow"] == allow and "error" in answer.json()


def test_head_has_no_body(worker, orield):
    orield.frame(PICTURE)
    for path in ("/status", "/snapshot.jpg", "/stream.jpg", "/events", "/nowhere"):
        answer = worker.get(path, method="HEAD")
        assert answer.body == b"", path
        assert answer.status == (404 if path == "/nowhere" else 200)
    assert int(worker.get("/snapshot.jpg", method="HEAD").headers["content-length"]) == len(PICTURE)


def test_cameras_by_name(worker, orield):
    yard = worker.orield("yard")
    yard.frame(b"yard" * 100)
    orield.frame(PICTURE)
    assert wait_for(lambda: worker.get("/cam/yard/snapshot.jpg").status == 200)
    assert worker.get("/cam/yard/snapshot.jpg").body == b"yard" * 100
    assert worker.get("/cam/cam/snapshot.jpg").body == PICTURE
    assert worker.get("/snapshot.jpg").body == PICTURE        # "cam" is the default by its name
    answer = worker.get("/cam/attic/status")
    assert answer.status == 404 and sorted(answer.json()["cameras"]) == ["cam", "yard"]
    assert worker.get("/cam/../status").status == 404


def test_no_default_among_several():
    with running(camera=False) as worker:
        worker.orield("attic"), worker.orield("yard")
        time.sleep(1.1)
        answer = worker.get("/status")
        assert answer.status == 404 and sorted(answer.json()["cameras"]) == ["attic", "yard"]
        assert worker.get("/cam/yard/status").status == 200


def test_the_default_can_be_chosen():
    with running("--default-camera=yard", camera=False) as worker:
        worker.orield("attic"), worker.orield("yard")
        time.sleep(1.1)
        assert worker.get("/status").json()["camera"] == "yard"


def test_without_a_daemon():
    with running(camera=False) as worker:
        for path in ("/status", "/config", "/snapshot.jpg", "/history", "/snaps/", "/readyz", "/controls"):
            answer = worker.get(path)
            assert answer.status == 503 and answer.json() == {"error": "camera daemon not running", "code": "no_daemon"}, path
            assert answer.headers["retry-after"] == "1"
        assert worker.get("/healthz").status == 200
        worker.orield().frame(PICTURE)
        assert wait_for(lambda: worker.get("/snapshot.jpg").status == 200, 3)


def test_the_daemon_leaves_and_comes_back(worker, orield):
    orield.frame(PICTURE)
    assert worker.get("/snapshot.jpg").status == 200
    orield.stop()
    assert wait_for(lambda: worker.get("/snapshot.jpg").status == 503, 2)
    assert worker.get("/snapshot.jpg").json() == {"error": "camera daemon not running", "code": "no_daemon"}
    worker.orield().frame(PICTURE + b"2")
    assert wait_for(lambda: worker.get("/snapshot.jpg").status == 200, 3)
    assert worker.get("/snapshot.jpg").body == PICTURE + b"2"


# ---- JSON routes ---------------------------------------------------------------

@pytest.mark.parametrize("kind", ["", "text/plain", "application/jsonx", "application/x-www-form-urlencoded"])
def test_config_wants_json(worker, orield, kind):
    answer = worker.get("/config", method="POST", body=b'{"threshold": 20}', CONTENT_TYPE=kind)
    assert answer.status == 415 and "error" in answer.json()
    assert orield.count("set") == 0


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"3", b'{"a":1}x', b'{"a":1,"a":2}', b"\xff", b'{"a":"\\u0000"}'])
def test_config_bad_json(worker, orield, body):
    answer = worker.get("/config", method="POST", body=body, CONTENT_TYPE="application/json")
    assert answer.status == 400 and answer.json() == {"error": "bad json", "code": "bad_json"}
    assert orield.count("set") == 0


def test_config_set(worker, orield):
    def post(text):
        answer = worker.get("/config", method="POST", body=text, CONTENT_TYPE="application/json; charset=utf-8")
        return answer.status, answer.json()
    assert post(b'{"threshold": 20}') == (200, {"ok": True, "threshold": 20})
    assert worker.get("/config").json()["threshold"] == 20
    assert post(b"{}") == (400, {"error": "missing threshold", "code": "missing_argument"})
    assert post(b'{"nonsense": 1}') == (400, {"error": "unknown setting nonsense", "code": "unknown_setting"})
    assert post(b'{"cmd": "reset"}') == (400, {"error": "unknown setting cmd", "code": "unknown_setting"})
    assert post(b'{"id": 5, "threshold": 1}') == (400, {"error": "unknown setting id", "code": "unknown_setting"})
    assert orield.count("reset") == 0 and orield.settings["threshold"] == 20


def test_refusals_of_orield(worker, orield):
    orield.answers["set"] = {"ok": False, "reason": "disk full", "code": "disk_full"}
    answer = worker.get("/config", method="POST", body=b'{"threshold":1}', CONTENT_TYPE="application/json")
    assert answer.status == 503 and answer.json() == {"error": "disk full", "code": "disk_full"}
    for newer in {}, {"code": "of_another_version"}:
        orield.answers["get"] = {"error": "out of order", **newer}
        answer = worker.get("/config")
        assert answer.status == 400 and answer.json() == {"error": "out of order"}


def test_history_and_its_parameters(worker, orield):
    for n in range(5):
        orield.publish("motion", count=n)
    assert [e["id"] for e in worker.get("/history").json()] == [5, 4, 3, 2, 1]
    assert [e["id"] for e in worker.get("/history", query="after=2&limit=2").json()] == [3, 4]
    assert worker.get("/history", query="type=camera").json() == []
    assert worker.get("/history", query="t=123&limit=1&zzz").status == 200
    for query, word in (("limit=0", "limit"), ("limit=x", "limit"), ("limit=1001", "limit"), ("before=-1", "before"),
                        ("after=1.5", "after"), ("after=99999999999999999999", "after"), ("limit=%", "limit"),
                        ("limit=1&limit=2", "limit"), ("limit=", "limit"), ("type=%ff", "type"), ("type=%00", "type")):
        answer = worker.get("/history", query=query)
        assert answer.status == 400 and word in answer.json()["error"], query


def test_saved_pictures(worker, orield):
    assert worker.get("/snaps/").json()[0]["name"] == "manual-1.jpg"
    answer = worker.get("/snaps/manual-1.jpg", ORIEL_MOUNT="/front-door")
    assert answer.status == 200 and answer.headers["x-accel-redirect"] == "/front-door/_snaps/cam/manual-1.jpg"
    for name in ("..jpg", "x.png", "a%2Fb.jpg", "a\nb.jpg", "x" * 200 + ".jpg", ".jpg"):
        assert worker.get(f"/snaps/{name}").status == 404, name
    assert worker.get("/snaps/manual-1.jpg", method="DELETE").json() == {"ok": True}
    answer = worker.get("/snaps/other.jpg", method="DELETE")
    assert answer.status == 404 and answer.json() == {"error": "no such picture", "code": "no_such_picture"}


def test_ready(worker, orield):
    assert worker.get("/readyz").status == 200
    orield.online, orield.reason = False, "cable pulled"
    answer = worker.get("/readyz")
    assert answer.status == 503 and answer.json() == {"error": "cable pulled"}


def test_one_who_leaves_before_the_answer(worker, orield):
    orield.answers["status"] = lambda _: None        # never answers
    before, asked = worker.descriptors(), orield.count("status")
    client = worker.client()
    client.send(fcgi.request("/status"))
    wait_for(lambda: orield.count("status") == asked + 1)
    client.close()
    wait_for(lambda: worker.descriptors() == before)
    del orield.answers["status"]


# ---- snapshot ------------------------------------------------------------------

def test_snapshot(worker, orield):
    answer = worker.get("/snapshot.jpg")
    assert answer.status == 503 and answer.json() == {"error": "no frame yet", "code": "no_frame"} and answer.headers["retry-after"] == "1"
    wall = 1700000000_123456789
    number = orield.frame(PICTURE, wall_ns=wall)
    answer = worker.get("/snapshot.jpg")
    assert answer.status == 200 and answer.body == PICTURE
    assert answer.headers["etag"] == f'"{orield.ring.generation}-{number}"'
    assert answer.headers["x-timestamp"] == "1700000000.123456"
    assert answer.headers["last-modified"] == "Tue, 14 Nov 2023 22:13:20 GMT"
    assert answer.headers["cache-control"] == "no-cache"
    assert re.fullmatch(r"encode;dur=2\.100, age;dur=[\d.]+", answer.headers["server-timing"])
    orield.frame(PICTURE, encode_us=0)
    assert re.fullmatch(r"age;dur=[\d.]+", worker.get("/snapshot.jpg").headers["server-timing"])


def test_snapshot_unchanged(worker, orield):
    orield.frame(PICTURE)
    tag = worker.get("/snapshot.jpg").headers["etag"]
    for value in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        answer = worker.get("/snapshot.jpg", HTTP_IF_NONE_MATCH=value)
        assert answer.status == 304 and answer.headers["etag"] == tag and answer.body == b"", value
    for value in (tag[:-1], tag + "x", '"0-0"'):
        assert worker.get("/snapshot.jpg", HTTP_IF_NONE_MATCH=value).status == 200
    orield.frame(PICTURE)
    assert worker.get("/snapshot.jpg", HTTP_IF_NONE_MATCH=tag).status == 200


def test_snapshot_after(worker, orield):
    orield.frame(PICTURE)
    tag = worker.get("/snapshot.jpg").headers["etag"].strip('"')
    assert worker.get("/snapshot.jpg", query=f"after={tag}").status == 204
    start = time.monotonic()
    assert worker.get("/snapshot.jpg", query=f"after={tag}&wait=300").status == 204
    assert 0.29 < time.monotonic() - start < 1
    with worker.client() as client:
        client.send(fcgi.request("/snapshot.jpg", query=f"after=%22{tag}%22&wait=9000"))
        time.sleep(0.2)
        sent = time.monotonic()
        orield.frame(b"next" * 1000)
        answer = client.whole()
        assert answer.status == 200 and answer.body == b"next" * 1000
        assert time.monotonic() - sent < 0.1
    assert worker.get("/snapshot.jpg", query="after=1-999999&wait=0").status == 200    # another generation is newer
    orield.new_ring()
    orield.frame(b"new" * 10)
    assert wait_for(lambda: worker.get("/snapshot.jpg", query=f"after={tag}").body == b"new" * 10)
    for query in ("after=x", "after=1", "after=1-", "wait=10001", "wait=-1", "max_age=x"):
        answer = worker.get("/snapshot.jpg", query=query)
        assert answer.status == 400 and query.split("=")[0] in answer.json()["error"]


def test_snapshot_waits_for_the_first_frame(worker, orield):
    with worker.client() as client:
        client.send(fcgi.request("/snapshot.jpg", query="wait=5000"))
        time.sleep(0.1)
        orield.frame(PICTURE)
        assert client.whole().body == PICTURE


def test_snapshot_is_never_old(worker, orield):
    orield.frame(PICTURE, mono_ns=time.monotonic_ns() - 2_000_000_000)
    assert worker.get("/snapshot.jpg", query="max_age=1000").status == 503
    assert worker.get("/snapshot.jpg", query="max_age=60000").status == 200
    orield.frame(PICTURE, mono_ns=time.monotonic_ns() - 1_300_000_000, stale_ms=16_000)
    assert worker.get("/snapshot.jpg").status == 200    # of a slow camera
    orield.frame(PICTURE, mono_ns=time.monotonic_ns() - 1_300_000_000, stale_ms=1100)
    answer = worker.get("/snapshot.jpg")
    assert answer.status == 503 and "no picture" in answer.json()["error"] and answer.headers["retry-after"] == "1"
    orield.go(False, "cable pulled")
    assert wait_for(lambda: worker.get("/snapshot.jpg").json() == {"error": "cable pulled"})


def test_snapshot_waits_are_capped():
    with running("--max-waits=2", "--max-share=100") as worker:
        orield = worker.fakes[0]
        orield.frame(PICTURE)
        tag = worker.get("/snapshot.jpg").headers["etag"].strip('"')
        clients = [worker.client() for _ in range(2)]
        for client in clients:
            client.send(fcgi.request("/snapshot.jpg", query=f"after={tag}&wait=5000"))
        time.sleep(0.2)
        answer = worker.get("/snapshot.jpg", query=f"after={tag}&wait=5000")
        assert answer.status == 503 and "retry-after" in answer.headers
        clients[0].close()
        clients[0] = worker.client()
        wait_for(lambda: worker.get("/snapshot.jpg", query=f"after={tag}&wait=10").status == 204, 2)
        orield.frame(PICTURE)
        assert clients[1].whole().status == 200


def test_a_large_snapshot_to_a_slow_reader(worker, orield):
    picture = os.urandom(900_000)
    orield.frame(picture)
    with worker.client(receive_buffer=4096) as client:
        client.send(fcgi.request("/snapshot.jpg"))
        for _ in range(5):
            time.sleep(0.05)
            orield.frame(b"newer")
        assert client.whole().body == picture


# ---- stream --------------------------------------------------------------------

def stream(worker, query="", **kw):
    client = worker.client(**kw)
    client.send(fcgi.request("/stream.jpg", query=query))
    head = client.head()
    assert head.status == 200
    assert head.headers["content-type"] == "multipart/x-mixed-replace; boundary=frame"
    assert client.take(9) == b"--frame\r\n"
    return client


def feed(orield, count, fps, make=lambda n: b"%06d" % n + PICTURE):
    """Frames at a rate, from here."""
    start = time.monotonic()
    for n in range(count):
        time.sleep(max(0, start + n / fps - time.monotonic()))
        orield.frame(make(n), stale_ms=1000 + 3000 // fps)


def test_stream_shows_each_frame_before_the_next_exists(worker, orield):
    orield.frame(PICTURE)
    with stream(worker) as client:
        assert client.part()[1] == PICTURE
        for n in range(50):
            picture = b"%d" % n + PICTURE
            orield.frame(picture, wall_ns=1700000000_000000000 + n)
            headers, jpeg = client.part()
            assert jpeg == picture
            assert headers == {"content-type": "image/jpeg", "content-length": str(len(picture)),
                               "x-timestamp": "1700000000.000000"}


def test_stream_limited(worker, orield):
    orield.frame(PICTURE)
    seen = {}

    def watch(client, name):
        client.socket.settimeout(0.5)
        with contextlib.suppress(socket.timeout):
            while client.part():
                seen[name] = seen.get(name, 0) + 1

    with stream(worker, "fps=10") as limited, stream(worker) as free:
        viewers = [threading.Thread(target=watch, args=who) for who in ((limited, "limited"), (free, "free"))]
        for viewer in viewers:
            viewer.start()
        feed(orield, 60, 30)
        for viewer in viewers:
            viewer.join()
    assert 19 <= seen["limited"] <= 23 and seen["free"] >= 60, seen
    for query in ("fps=0", "fps=x", "fps=241"):
        assert worker.get("/stream.jpg", query=query).status == 400


def test_a_viewer_that_never_reads_disturbs_nobody(worker, orield):
    orield.frame(PICTURE)
    stuck = [stream(worker) for _ in range(3)]
    with stream(worker) as client:
        client.part()
        feeder = threading.Thread(target=feed, args=(orield, 400, 200, lambda n: b"%06d" % n + bytes(60000)))
        feeder.start()
        numbers = []
        while not numbers or numbers[-1] < 399:
            numbers.append(int(client.part()[1][:6]))
        feeder.join()
    assert len(numbers) > 350
    assert numbers == sorted(set(numbers))
    for client in stuck:
        client.close()


def test_a_slow_viewer_skips_and_gets_whole_frames(worker, orield):
    orield.frame(PICTURE)
    with stream(worker) as client:
        feeder = threading.Thread(target=feed, args=(orield, 200, 100, lambda n: b"%06d" % n + bytes([n % 256]) * 60000))
        feeder.start()
        client.part()
        numbers = []
        while not numbers or numbers[-1] < 199:
            number = client.part()[1]
            numbers.append(int(number[:6]))
            assert number[6:] == bytes([numbers[-1] % 256]) * 60000
            time.sleep(0.1)
        feeder.join()
    assert len(numbers) < 40 and numbers == sorted(set(numbers))


def test_a_stopped_viewer_has_few_old_frames_waiting(worker, orield):
    orield.frame(b"000000" + bytes(5000))
    with stream(worker) as client:
        feed(orield, 60, 200, lambda n: b"%06d" % n + bytes(5000))
        time.sleep(0.1)
        numbers = []
        while not numbers or numbers[-1] < 59:
            numbers.append(int(client.part()[1][:6]))
    # The kernel's part of SO_SNDBUF 64 KiB (it doubles that; 208 KiB would be usual), the frame before
    # and those on either side of the block.
    assert len(numbers) <= 2 * 65536 // 5000 + 4, numbers


def stuck_viewers(worker, orield, count, size=700_000):
    """Frames larger than a socket's buffer: each is in the middle of one of its own."""
    stuck = []
    for n in range(count):
        orield.frame(b"%06d" % n + bytes(size))
        stuck.append(stream(worker))
        time.sleep(0.02)
    return stuck


def finish(client, number):
    """Its frame, or the next one: that came after the stream's head had been sent, but before a frame was."""
    jpeg = client.part()[1]
    assert int(jpeg[:6]) - number in (0, 1) and jpeg[6:] == bytes(700_000)
    client.close()


def test_each_slow_viewer_gets_its_frame_whole(worker, orield):
    """However many there are, of streams and of snapshots."""
    stuck = stuck_viewers(worker, orield, 20)
    half = [worker.client() for _ in range(10)]
    for n, client in enumerate(half):
        orield.frame(b"%06d" % (20 + n) + bytes(700_000))
        client.send(fcgi.request("/snapshot.jpg"))
        client.more()
    orield.frame(PICTURE)
    assert worker.get("/snapshot.jpg").body == PICTURE
    for n, client in enumerate(stuck):
        finish(client, n)
    for n, client in enumerate(half):
        client.head()
        assert client.take(700_006) == b"%06d" % (20 + n) + bytes(700_000)
        client.close()


def test_when_the_memory_for_frames_is_spent_it_is_said():
    """No present viewer is closed, and those who read everything go on."""
    with running("--frame-memory=16") as worker:
        orield, = worker.fakes
        orield.frame(PICTURE)
        with stream(worker) as fast:
            fast.part()
            stuck, status = [], 200
            while status == 200:
                orield.frame(b"%06d" % len(stuck) + bytes(700_000))
                assert fast.part()[1][:6] == b"%06d" % len(stuck)
                client = worker.client()
                client.send(fcgi.request("/stream.jpg"))
                status = client.head().status
                stuck.append(client)
            refused = stuck.pop()
            assert status == 503 and b"too many slow viewers" in refused.until(b"}")
            assert 15 <= len(stuck) <= 30           # 700 KB and a little room each: seven eighths of 16 MiB, and what sockets take
            orield.frame(PICTURE)
            assert fast.part()[1] == PICTURE and worker.get("/snapshot.jpg").body == PICTURE
            for n, client in enumerate(stuck):
                assert client.take(9) == b"--frame\r\n"
                finish(client, n)
            wait_for(lambda: stream_status(worker) == 200)


def stream_status(worker):
    with worker.client() as client:
        client.send(fcgi.request("/stream.jpg"))
        return client.head().status


def test_only_who_takes_nothing_for_long_is_closed(worker, orield):
    """20 s, like nginx; a viewer that takes a little now and then is slow, not gone."""
    orield.frame(bytes(900_000))
    before, = worker.descriptors()
    with stream(worker) as slow, stream(worker):
        start = time.monotonic()
        while worker.descriptors()[0] == before + 2:
            assert time.monotonic() - start < 25
            slow.take(30_000)
            time.sleep(1)
        assert 18 < time.monotonic() - start and worker.descriptors() == [before + 1]
        slow.take(30_000)


def test_stream_says_why_there_is_no_picture(worker, orield):
    orield.frame(PICTURE)
    with stream(worker) as client:
        client.part()
        start = time.monotonic()
        orield.go(False, "cable pulled")
        placard = client.part()[1]
        assert time.monotonic() - start < 2
        assert placard != PICTURE and placard[:2] == b"\xff\xd8" and placard[-2:] == b"\xff\xd9"
        assert client.part()[1] == placard               # again, so that the dead are noticed
        orield.go(True)
        orield.frame(PICTURE + b"!")
        while client.part()[1] == placard:
            pass
        orield.frame(PICTURE + b"2")
        assert client.part()[1] == PICTURE + b"2"
        orield.stop()
        away = client.part()[1]
        assert away not in (placard, PICTURE + b"2")
        again = worker.orield()
        again.frame(b"back" * 100)
        while client.part()[1] == away:
            pass


def test_stream_when_frames_just_stop(worker, orield):
    feed(orield, 10, 30, lambda n: PICTURE)
    with stream(worker) as client:
        assert client.part()[1] == PICTURE
        start = time.monotonic()
        assert client.part()[1] != PICTURE
        assert time.monotonic() - start < 2.5


def test_streams_are_capped():
    with running("--max-streams=2", "--max-share=100") as worker:
        orield = worker.fakes[0]
        orield.frame(PICTURE)
        clients = [stream(worker) for _ in range(2)]
        answer = worker.get("/stream.jpg")
        assert answer.status == 503 and answer.headers["retry-after"] == "1" and "error" in answer.json()
        clients[0].close()
        clients[0] = wait_for(lambda: worker.get("/stream.jpg", method="HEAD").status == 200 and stream(worker), 2)
        wait_for(lambda: worker.get("/status").json()["viewers"]["stream"] == 2, 3)
        for client in clients:
            client.close()
        wait_for(lambda: worker.get("/status").json()["viewers"]["stream"] == 0, 3)


# ---- events --------------------------------------------------------------------

def events(worker, last=None, query=""):
    client = worker.client()
    more = {} if last is None else {"HTTP_LAST_EVENT_ID": str(last)}
    client.send(fcgi.request("/events", query=query, **more))
    head = client.head()
    assert head.status == 200 and head.headers["content-type"] == "text/event-stream"
    assert "retry" in client.event()
    return client


def test_events(worker, orield):
    with events(worker) as client:
        state = client.event()
        assert state["event"] == "state" and "id" not in state and state["data"]["threshold"] == 12
        number = orield.publish("motion", count=1, change=23.4)
        motion = client.event()
        assert motion["event"] == "motion" and motion["id"] == str(number) and motion["data"]["change"] == 23.4
        orield.tell("pulse", fps=30)
        assert client.event()["event"] == "pulse"
        orield.publish("motion", stored=False, count=2)
        assert "id" not in client.event()
        worker.get("/config", method="POST", body=b'{"threshold":50}', CONTENT_TYPE="application/json")
        assert client.event()["data"]["threshold"] == 50


def test_pulse_is_asked_for_only_while_there_are_clients(worker, orield):
    pulse = lambda: [c["pulse"] for c in orield.asked if c["cmd"] == "subscribe"][-1]      # noqa: E731
    assert pulse() is False
    with events(worker) as client:
        client.event()
        assert wait_for(lambda: pulse() is True)
        assert wait_for(lambda: worker.get("/status").json()["viewers"]["events"] == 1, 3)
    assert wait_for(lambda: pulse() is False, 2)


@pytest.mark.parametrize("how", ["header", "query"])
def test_events_resume(worker, orield, how):
    for n in range(10):
        orield.publish("motion", count=n)
    with events(worker, **({"last": 4} if how == "header" else {"query": "last_event_id=4"})) as client:
        assert [client.event()["id"] for _ in range(6)] == ["5", "6", "7", "8", "9", "10"]
        assert client.event()["event"] == "state"
        assert orield.publish("motion", count=11) == 11
        assert client.event()["id"] == "11"


def test_events_resume_over_many_pages(worker):
    """The worker starts after the events: only orield knows them."""
    old = [{"id": n, "type": "motion", "ts": n, "data": {"ts": n, "count": n}} for n in range(1, 2001)]
    with running(camera=False) as worker:
        orield = worker.orield(events=old)
        clients = [wait_for(lambda: events(worker, 7)) for _ in range(20)]
        feeder = threading.Thread(target=lambda: [orield.publish("motion", count=n) for n in range(300)])
        feeder.start()
        for client in clients:
            ids = [int(client.event(("motion",))["id"]) for _ in range(2300 - 7)]
            assert ids == list(range(8, 2301))
            client.close()
        feeder.join()


class Crowd:
    """Clients that read whatever comes, in a thread; what the first of them got is kept."""

    def __init__(self, clients):
        self.clients, self.on, self.kept = clients, True, b""
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self):
        sockets = [client.socket for client in self.clients]
        while self.on:
            for ready in select.select(sockets, [], [], 0.1)[0]:
                piece = ready.recv(1 << 20)
                if not piece:
                    sockets.remove(ready)
                elif ready is sockets[0]:
                    self.kept += piece

    def end(self):
        self.on = False
        self.thread.join()
        for client in self.clients:
            client.close()


def test_catching_up_is_fair(worker):
    """Ninety clients go back to the beginning, and the store takes 20 ms a page: a client that missed little has it soon, and live ones
    wait for nobody."""
    old = [{"id": n, "type": "motion", "ts": n, "data": {"ts": n}} for n in range(1, 6001)]
    with running(camera=False) as worker:
        orield = worker.orield(events=old)

        def page(command):
            time.sleep(0.02)
            return {"events": old[command["after"]:][:command["limit"]], "first": 1, "last": len(old)}
        orield.answers["events"] = page
        with wait_for(lambda: events(worker)) as live:
            live.event(("state",))
            crowd = Crowd([events(worker, 1 + 20 * (n % 5)) for n in range(90)])
            try:
                wait_for(lambda: orield.count("events") > 0)
                began = time.monotonic()
                with events(worker, 5900) as newcomer:
                    assert [int(newcomer.event(("motion",))["id"]) for _ in range(100)] == list(range(5901, 6001))
                    newcomer.event(("state",))
                    assert orield.publish("motion") == 6001
                    assert newcomer.event(("motion",))["id"] == live.event(("motion",))["id"] == "6001"
                    assert time.monotonic() - began < 5
                    wait_for(lambda: b"id: 6001\n" in crowd.kept, 60)
            finally:
                crowd.end()
            assert [int(n) for n in re.findall(rb"id: (\d+)\n", crowd.kept)] == list(range(2, 6002))
            assert orield.count("events") < 200                # not 60 pages for each of 90


def test_events_that_come_twice_are_sent_once(worker, orield):
    """Once in a page, because it was stored already, and once live a moment later; also when orield repeats itself."""
    def page(command):
        orield.events.append({"id": 6, "type": "motion", "ts": 6, "data": {"ts": 6}})
        return {"events": [e for e in orield.events if e["id"] > command["after"]], "first": 1, "last": 6}
    worker.stop()
    orield = worker.orield(events=[{"id": n, "type": "motion", "ts": n, "data": {"ts": n}} for n in range(1, 6)])
    orield.answers["events"] = page
    worker.start()
    with events(worker) as live, events(worker, 2) as behind:
        assert [behind.event(("motion",))["id"] for _ in range(4)] == ["3", "4", "5", "6"]
        orield.call(lambda: [orield.send_all({"event": "motion", "id": n, "data": {"ts": n}}) for n in (6, 6, 7, 6, 7)])
        assert behind.event(("motion",))["id"] == "7"
        assert [live.event(("motion",))["id"] for _ in range(2)] == ["6", "7"]
        orield.events.append({"id": 7, "type": "motion", "ts": 7, "data": {"ts": 7}})
        orield.publish("motion")
        assert behind.event(("motion",))["id"] == live.event(("motion",))["id"] == "8"


@pytest.mark.parametrize("last", ["11", "abc", "-1", "99999999999999999999999", "1.5", " 3"])
def test_events_with_an_unknown_id(worker, orield, last):
    for n in range(10):
        orield.publish("motion", count=n)
    with events(worker, last) as client:
        state = client.event()
        assert state["event"] == "state" and state["data"]["gap"] is True
        orield.publish("motion", count=11)
        assert client.event()["id"] == "11"


def test_events_pruned(worker):
    with running(camera=False) as worker:
        orield = worker.orield(events=[{"id": 51, "type": "motion", "ts": 1, "data": {"ts": 1}}], pruned=50)
        wait_for(lambda: worker.get("/status").status == 200)
        with events(worker, 49) as client:
            assert client.event()["data"]["gap"] is True
        with events(worker, 50) as client:
            assert client.event()["id"] == "51"
        assert orield.publish("motion") == 52


def test_events_across_a_restart_of_the_daemon(worker, orield):
    with events(worker) as client:
        client.event()
        orield.publish("motion", count=1)
        assert client.event()["id"] == "1"
        orield.stop()
        gone = client.event()
        assert gone["data"] == {**gone["data"], "online": False, "reason": "camera daemon not running", "code": "no_daemon"}
        with events(worker) as late, events(worker, 1) as behind:
            assert late.event()["data"]["reason"] == "camera daemon not running"
            # three more while nobody listened
            log = orield.events + [{"id": n, "type": "motion", "ts": n, "data": {"ts": n}} for n in (2, 3, 4)]
            again = worker.orield(events=log)
            for listener in (client, late, behind):
                seen = [listener.event(("motion",))["id"] for _ in range(3)]
                assert seen == ["2", "3", "4"]
            assert again.publish("motion") == 5
            for listener in (client, late, behind):
                assert listener.event(("motion",))["id"] == "5"


def test_events_when_the_daemon_has_forgotten(worker, orield):
    """Its database is gone: numbers begin again, and clients are told."""
    for n in range(5):
        orield.publish("motion")
    with events(worker, 3) as client:
        assert [client.event(("motion",))["id"] for _ in range(2)] == ["4", "5"]
        orield.stop()
        again = worker.orield(events=[])
        while not (state := client.event(("state",)))["data"].get("gap"):
            pass
        assert again.publish("motion") == 1
        assert client.event(("motion",))["id"] == "1"
        assert state["data"]["threshold"] == 12


def test_a_client_that_takes_nothing_is_closed(worker, orield):
    before = worker.descriptors()
    with events(worker) as stuck, events(worker) as client:
        client.event()
        for n in range(1000):
            orield.publish("motion", count=n, text="x" * 1000)
            assert client.event()["data"]["count"] == n
        wait_for(lambda: worker.descriptors()[0] <= before[0] + 1)
        del stuck


def test_events_are_capped():
    with running("--max-events=3", "--max-share=100") as worker:
        clients = [events(worker) for _ in range(3)]
        answer = worker.get("/events")
        assert answer.status == 503 and answer.headers["retry-after"] == "1"
        clients[0].close()
        wait_for(lambda: worker.get("/events", method="HEAD").status == 200)
        clients[0] = wait_for(lambda: events(worker))
        for client in clients:
            client.close()


# ---- the process ---------------------------------------------------------------

def test_end_is_proper_for_everyone(worker, orield):
    orield.frame(PICTURE)
    with stream(worker) as viewer, events(worker) as listener, worker.client() as waiter, worker.client() as kept:
        viewer.part()
        listener.event()
        tag = worker.get("/snapshot.jpg").headers["etag"].strip('"')
        assert kept.get("/healthz", keep=True).status == 200
        waiter.send(fcgi.request("/snapshot.jpg", query=f"after={tag}&wait=9000"))
        time.sleep(0.1)
        start = time.monotonic()
        worker.process.send_signal(signal.SIGTERM)
        assert waiter.whole().status == 204
        for client in (viewer, listener):
            while client.more():
                pass
            assert client.ended
        assert kept.closed()
        assert worker.process.wait(5) == 0
        assert time.monotonic() - start < 2
    assert not worker.path.exists()


def test_a_worker_that_dies_is_replaced_and_takes_only_its_own_viewers():
    with running("--workers=2") as worker:
        worker.fakes[0].frame(PICTURE)
        assert len(wait_for(lambda: len(worker.pids) == 2 and worker.pids)) == 2
        victim, survivor = worker.pids

        def sockets():
            """Once they are the same for a while: not in the middle of coming and going."""
            counts = []
            wait_for(lambda: counts.append(len(os.listdir(f"/proc/{survivor}/fd"))) or
                     (len(counts) > 20 and len(set(counts[-20:])) == 1))
            return counts[-1]

        wait_for(lambda: worker.get("/snapshot.jpg").status == 200)
        before = sockets()
        clients = [stream(worker) for _ in range(12)]
        unhurt = sockets() - before
        os.kill(victim, signal.SIGKILL)
        wait_for(lambda: len(worker.pids) == 2 and victim not in worker.pids)
        alive = 0
        for client in clients:
            client.socket.settimeout(8)
            with contextlib.suppress(fcgi.Gone, ConnectionError):
                client.part(), client.part()
                alive += 1
            client.close()
        assert alive == unhurt and survivor in worker.pids
        assert worker.get("/healthz").status == 200
        assert "killed by signal 9" in worker.log.read_text()


def test_the_workers_die_with_their_parent(worker):
    pids = worker.pids
    worker.process.kill()
    worker.process.wait(5)
    wait_for(lambda: not any(pathlib.Path(f"/proc/{pid}").exists() for pid in pids))
    worker.start()                      # over the socket file that was left
    assert worker.get("/healthz").status == 200


def test_a_second_one_on_the_same_socket_refuses(worker):
    second = subprocess.run([BUILD / "oriel-fcgi", f"--listen={worker.path}"], stderr=subprocess.PIPE, timeout=20)
    assert second.returncode == 1 and b"another process is serving" in second.stderr
    assert worker.get("/healthz").status == 200


@pytest.mark.parametrize("option, word", [("--max-streams=x", b"max_streams"), ("--default-camera=A/B", b"default_camera"),
                                          ("--nonsense", b"nonsense")])
def test_wrong_options(option, word):
    run = subprocess.run([BUILD / "oriel-fcgi", option], stderr=subprocess.PIPE, timeout=20)
    assert run.returncode == 2 and word in run.stderr


def switches(pid):
    """How often it has been woken."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"voluntary_ctxt_switches:\s+(\d+)", text)[1])


def test_no_viewer_no_work(worker, orield):
    """Frames go by at 30 a second and nobody looks."""
    orield.frame(PICTURE)
    assert worker.get("/snapshot.jpg").status == 200
    with stream(worker) as client:
        client.part()
    time.sleep(1.5)                     # the viewer's count goes to orield
    before = switches(worker.pids[0])
    feed(orield, 60, 30, lambda n: PICTURE)
    assert switches(worker.pids[0]) - before <= 1        # a timer may have been left over


def cpu(pid):
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def test_a_viewer_costs_what_its_frames_cost(worker, orield):
    """The bell is never read. Still it must wake the worker once per frame, and not all the time."""
    orield.frame(PICTURE)
    with stream(worker) as client:
        client.part()
        before, woken = cpu(worker.pids[0]), switches(worker.pids[0])
        feed(orield, 10, 10, lambda n: PICTURE)
        for _ in range(10):
            client.part()
        assert cpu(worker.pids[0]) - before < 0.1
        assert switches(worker.pids[0]) - woken < 40


def test_no_descriptor_stays(worker, orield):
    orield.frame(PICTURE)
    worker.get("/snapshot.jpg")
    before = worker.descriptors()
    for _ in range(20):
        clients = [stream(worker), events(worker), worker.client()]
        clients[2].send(fcgi.request("/snapshot.jpg", query="after=0-0&wait=100"))
        for client in clients:
            client.close()
    wait_for(lambda: worker.descriptors() == before, 3)
