# SPDX-License-Identifier: ISC
"""orielctl against a real orield: what it prints, what it exits with."""
import contextlib
import json
import os
import re
import resource
import select
import signal
import socket
import subprocess
import threading
import time

import pytest

import oriel
import wsclient
from standin import Standin

OK, REFUSED, USAGE, NO_DAEMON = 0, 1, 2, 3


class Ctl:
    def __init__(self, site):
        self.site = site

    def start(self, *arguments, **kw):
        # As a person would have it: no environment but the usual.
        return subprocess.Popen([oriel.BUILD / "orielctl", f"--run-dir={self.site.folder}",
                                 f"--accounts={self.site.auth}", *map(str, arguments)],
                                env=self.site.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, **kw)

    def __call__(self, *arguments):
        """(exit status, standard output, standard error)"""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=oriel.PATIENCE)
        assert not oriel.SANITIZER.search(err.decode()), err.decode()
        return process.returncode, out.decode(errors="surrogateescape"), err.decode()

    def ok(self, *arguments):
        status, out, err = self(*arguments)
        assert (status, err) == (OK, ""), (status, out, err)
        return out

    def json(self, *arguments):
        return json.loads(self.ok("--json", *arguments))


def answers(site):
    with contextlib.suppress(OSError, ValueError):
        return site.status()


@pytest.fixture(scope="module")
def house(sites):
    site = sites.new(programs=["orield"])
    site.start(ready=False)
    oriel.wait_for(lambda: answers(site))
    oriel.wait_for(lambda: site.status()["frames"] > 5)
    oriel.wait_for(lambda: site.command({"cmd": "events", "type": "motion_end"})["events"])
    for daemon in site.daemons.values():
        daemon.baseline = daemon.descriptors()
    yield site
    sites.end(site)


@pytest.fixture
def ctl(house):
    return Ctl(house)


@pytest.fixture
def ctl_alone(make_site):
    """In a folder where the test plays the orields, if any."""
    return Ctl(make_site(ready=False, programs=[]))


# ---- looking

def test_status(ctl, house):
    out = ctl.ok("status")
    assert re.search(r"^camera     cam: online$", out, re.M)
    assert re.search(r"^source     Test card, \S+ 320x240, \d+\.\d a second$", out, re.M)
    assert re.search(r"^frames     \d+, the newest \d+ ms old$", out, re.M)
    status = ctl.json("status")
    assert status["camera"] == "cam" and status["frames"] > 0
    assert status.keys() == house.status().keys()


def test_get(ctl):
    out = ctl.ok("get")
    assert re.search(r"^width +320   \(command line\)$", out, re.M)
    assert re.search(r"^trigger_count +\d+$", out, re.M)
    assert ctl.json("get")["width"] == 320
    assert ctl.ok("get", "width") == "320\n"
    assert ctl.ok("get", "motion") == "true\n"
    assert ctl.ok("get", "source") == "testcard\n"
    assert ctl.json("get", "width") == {"width": 320}
    assert ctl("get", "nonsense") == (REFUSED, "", "orielctl: unknown setting nonsense\n")


def test_events_and_snaps(ctl):
    lines = ctl.ok("events", "-n", 1000).splitlines()
    numbers = [int(line.split()[0]) for line in lines]
    assert numbers == sorted(numbers) and numbers[0] == 1
    assert re.search(r"^ +\d+  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d  motion  [\d.]+ % changed, threshold \d+ % \(number \d+\), "
                     r"saved motion-\d+-\d+\.jpg$", "\n".join(lines), re.M)
    assert re.search(r" motion_end  of \d+: \d+\.\d s, peak \d+\.\d %$", "\n".join(lines), re.M)
    assert all(" motion  " in line for line in ctl.ok("events", "-t", "motion").splitlines())
    assert [int(line.split()[0]) for line in ctl.ok("events", "-a", 1, "-n", 2).splitlines()] == [2, 3]
    assert ctl.ok("events", "--after=1", "--limit=2") == ctl.ok("events", "-a", 1, "-n", 2)
    assert [int(line.split()[0]) for line in ctl.ok("events", "-b", 3).splitlines()] == [1, 2]
    assert json.loads(ctl.ok("--json", "events", "-n", 1).splitlines()[0])["id"] >= numbers[-1]
    snaps = ctl.ok("snaps", "-n", 1).splitlines()
    assert re.search(r"kB  motion-\d+-\d+\.jpg$", snaps[0]) and re.fullmatch(r"\d+ pictures, .*B", snaps[1])
    assert ctl.json("snaps", "-n", 1)["snaps"][0]["name"].endswith(".jpg")


def test_help_names_every_command(ctl):
    out = ctl.ok("help")
    for name in "status get set snapshot reset events snaps delete controls control cameras doctor help".split():
        assert re.search(rf"^  {name}( .*)?$", out, re.M), name
    assert ctl.ok("--help") == out
    assert "exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 camera daemon not running" in out
    assert re.fullmatch(r"orielctl \d+\.\d+\.\d+\n", ctl.ok("--version"))


# ---- changing

def test_set_takes_values_as_they_are_meant(ctl, house):
    assert ctl.ok("set", "threshold=31", "save_on_motion=no") == "threshold = 31\nsave_on_motion = false\n"
    settings = house.command({"cmd": "get"})
    assert settings["threshold"] == 31 and settings["save_on_motion"] is False
    assert ctl.ok("set", "threshold=0.6") == "threshold = 0.6\n" and ctl.ok("get", "threshold") == "0.6\n"
    assert ctl.json("set", "threshold=12", "save_on_motion=on") == {"ok": True, "threshold": 12, "save_on_motion": True}


@pytest.mark.parametrize("pair,error", [
    ("threshold=101", "threshold out of range"), ("threshold=-1", "threshold out of range"),
    ("threshold=12.55", "threshold must have one decimal at most"), ("threshold=", "threshold must be a number"), ("quality=80.5", "quality must be an integer"),
    ("save_on_motion=2", "save_on_motion must be true or false"), ("nonsense=1", "unknown setting nonsense"),
    ("width=640", "width is read-only"), ("threshold=99999999999999999999", "threshold must be a number"),
])
def test_set_refused_changes_nothing(ctl, house, pair, error):
    before = house.command({"cmd": "get"})["cooldown"]
    assert ctl("set", f"cooldown={before + 1}", pair) == (REFUSED, "", f"orielctl: {error}\n")
    code = {"missing": "missing_argument", "unknown": "unknown_setting"}.get(error.split()[0])
    code = code or ("read_only" if error.endswith("read-only") else "bad_argument")
    assert ctl("--json", "set", pair) == (REFUSED, json.dumps({"error": error, "code": code}, separators=(",", ":")) + "\n", "")
    assert house.command({"cmd": "get"})["cooldown"] == before


def test_reset(ctl, house):
    assert ctl.ok("reset") == "trigger_count = 0\n"
    assert house.command({"cmd": "get"})["trigger_count"] <= 1


def test_snapshot_on_the_cameras_disk_and_delete(ctl, house):
    path = ctl.ok("snapshot").strip()
    assert path == str(house.state / "cam" / "snaps" / os.path.basename(path))
    with open(path, "rb") as picture:
        assert picture.read(2) == b"\xff\xd8"
    assert ctl.ok("keep", os.path.basename(path)) == ""
    assert re.search(r"(?m)^kept +1 pinned, \d", ctl.ok("status"))
    assert f"{os.path.basename(path)}, kept\n" in ctl.ok("snaps")
    assert ctl.ok("unkeep", os.path.basename(path)) == ""
    assert "pinned" not in ctl.ok("status")
    assert ctl("keep", "none.mp4") == (REFUSED, "", "orielctl: no such clip\n")
    assert ctl.ok("delete", os.path.basename(path)) == ""
    assert not os.path.exists(path)
    assert ctl("delete", os.path.basename(path)) == (REFUSED, "", "orielctl: no such picture\n")
    assert ctl.json("snapshot")["ok"] is True


def test_snapshot_into_a_file(ctl, tmp_path):
    file = tmp_path / "a.jpg"
    assert re.fullmatch(rf"{file}: 320x240, \d+ bytes\n", ctl.ok("snapshot", file))
    jpeg = file.read_bytes()
    assert jpeg[:2] == b"\xff\xd8" and jpeg[-2:] == b"\xff\xd9"
    report = ctl.json("snapshot", file)
    assert (report["width"], report["height"], report["size"]) == (320, 240, file.stat().st_size)
    assert abs(report["ts"] - time.time()) < 5
    process = ctl.start("snapshot", "-")
    out, err = process.communicate(timeout=oriel.PATIENCE)
    assert (process.returncode, out[:2], out[-2:], err) == (OK, b"\xff\xd8", b"\xff\xd9", b"")


def test_snapshot_where_nothing_can_be_written(ctl):
    status, _, err = ctl("snapshot", "/nonexistent/a.jpg")
    assert (status, err) == (REFUSED, "orielctl: /nonexistent/a.jpg: No such file or directory\n")
    status, _, err = ctl("snapshot", "/dev/full")
    assert (status, err) == (REFUSED, "orielctl: /dev/full: No space left on device\n")


@pytest.mark.parametrize("status,reason", [
    ({"online": False, "reason": "pulled out"}, "pulled out"),
    ({"online": True, "stale": True}, "the newest picture is too old")])
def test_an_old_picture_is_never_passed_off_as_new(ctl_alone, tmp_path, status, reason):
    with Standin(ctl_alone.site.folder / "cam", lambda command: status):
        assert ctl_alone("snapshot", tmp_path / "a.jpg") == (REFUSED, "", f"orielctl: {reason}\n")
    assert not (tmp_path / "a.jpg").exists()


CONTROLS = {"controls": [
    {"name": "brightness", "type": "integer", "value": 3, "default": 0, "min": -10, "max": 10, "step": 1},
    {"name": "mirror", "type": "boolean", "value": False, "default": False, "inactive": True},
    {"name": "power", "type": "menu", "value": 1, "menu": [{"value": 1, "label": "50 Hz"}, {"value": 2, "label": "60 Hz"}]},
    {"name": "focus_now", "type": "button"}]}


def test_controls(ctl_alone):
    with Standin(ctl_alone.site.folder / "cam", lambda command: CONTROLS) as orield:
        out = ctl_alone.ok("controls")
        assert re.search(r"^brightness +3   \(-10 to 10, step 1, default 0\)$", out, re.M)
        assert re.search(r"^mirror +false   inactive$", out, re.M)
        assert re.search(r"^power +1   \(1: 50 Hz, 2: 60 Hz\)$", out, re.M)
        assert ctl_alone.ok("control", "brightness=-4", "mirror=on", "power=2", "focus_now=true") == out
        assert orield.commands()[-1] == {"cmd": "control", "brightness": -4, "mirror": True, "power": 2, "focus_now": True}


EVIL = "Cam\x1b[2J\x07\n\x7f\x9b31m\u202eexe"
TABLES = {
    "status": {"camera": EVIL, "online": False, "reason": EVIL, "source": EVIL, "name": EVIL, "device": EVIL, "format": EVIL,
               "motion": {"held": EVIL}, "store": {"ok": False, "reason": EVIL}, "counters": {EVIL: 1}, "version": EVIL},
    "get": {EVIL: EVIL, "mask": EVIL, "sources": {EVIL: EVIL, "mask": EVIL}},
    "get mask": {"mask": EVIL},
    "set mask=x": {"ok": True, "mask": EVIL, EVIL: EVIL},
    "events": {"first": 1, "last": 3, "events": [
        {"id": 1, "ts": 1, "type": EVIL, "data": {}}, {"id": 2, "ts": 1, "type": "saved", "data": {"name": EVIL, "cause": EVIL}},
        {"id": 3, "ts": 1, "type": "camera", "data": {"online": False, "reason": EVIL}},
        {"id": 3, "ts": 1, "type": "camera", "data": {"online": True, "name": EVIL, "source": EVIL}},
        {"id": 3, "ts": 1, "type": "motion", "data": {"saved": EVIL}}]},
    "snaps": {"snaps": [{"id": 1, "name": EVIL, "url": EVIL, "ts": 1, "bytes": 1}], "count": 1, "bytes": 1},
    "controls": {"controls": [{"name": EVIL, "type": "menu", "value": 1, "menu": [{"value": 1, "label": EVIL}]},
                              {"name": EVIL, "label": EVIL, "type": EVIL, "value": EVIL}]},
    "snapshot": {"ok": True, "saved": EVIL, "name": EVIL},
    "doctor": {"camera": EVIL, "online": False, "reason": EVIL, "name": EVIL, "store": {"ok": False, "reason": EVIL}},
}


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["table", "json"])
@pytest.mark.parametrize("command", TABLES)
def test_nothing_steers_the_terminal(ctl_alone, command, form):
    """Whoever has given a camera, a device, a picture or a reason its name."""
    with Standin(ctl_alone.site.folder / "cam", lambda asked: TABLES[command]):
        _, out, err = ctl_alone(*form, *command.split())
    assert "2J" in out and (form or "\\x1b[2J" in out), (out, err)
    wild = [c for c in (out + err).replace("\n", "") if ord(c) < 0x20 or 0x7f <= ord(c) < 0xa0 or c == "\u202e"]
    assert not wild and "\nexe" not in out and "\n\\x7f" not in out, out
    if form and command not in ("doctor", "events"):
        assert json.loads(out) == TABLES[command]       # and still says the same


def test_no_refusal_steers_the_terminal(ctl_alone):
    for refusal in {"ok": False, "reason": EVIL}, {"error": EVIL}:
        with Standin(ctl_alone.site.folder / "cam", lambda command: refusal):
            for form in [], ["--json"]:
                _, out, err = ctl_alone(*form, "status")
                assert not any(ord(c) < 0x20 or 0x7f <= ord(c) < 0xa0 for c in (out + err).replace("\n", "")), (out, err)


# ---- which camera, and none

def test_no_orield(ctl_alone):
    path = ctl_alone.site.folder / "cam" / "control.sock"
    for command in "status", "get", "snapshot", "reset", "events", "snaps", "controls":
        assert ctl_alone(command) == (NO_DAEMON, "", f"orielctl: camera daemon not running: {path}\n")
    status, out, err = ctl_alone("--json", "status")
    assert (status, json.loads(out)["ok"], err) == (NO_DAEMON, False, "")
    with Standin(ctl_alone.site.folder / "cam") as orield:      # a socket that nobody serves any more
        orield.listener.shutdown(socket.SHUT_RDWR)
        assert ctl_alone("status")[0] == NO_DAEMON


def test_which_camera(ctl_alone):
    def orield(name):
        return Standin(ctl_alone.site.folder / name, lambda command: {"width": name})

    with orield("porch"):
        assert ctl_alone.ok("get", "width") == "porch\n"
        with orield("attic"):
            status, _, err = ctl_alone("status")
            assert (status, err) == (USAGE, "orielctl: which camera? --camera=NAME chooses one of: attic, porch\n")
            assert ctl_alone.ok("--camera=porch", "get", "width") == "porch\n"
            with orield("cam"):
                assert ctl_alone.ok("get", "width") == "cam\n"
        status, _, err = ctl_alone("--camera", "attic", "status")
        assert status == NO_DAEMON and err.endswith("(there are: porch)\n")
    assert ctl_alone("--camera=../x", "status")[0] == USAGE


def test_an_orield_that_does_not_answer_or_ends(ctl_alone):
    with Standin(ctl_alone.site.folder / "cam", lambda command: None) as orield:
        process = ctl_alone.start("status")
        orield.wait(lambda commands: commands)
        orield.stop()
        assert process.communicate(timeout=10)[1] == b"orielctl: the camera daemon has closed the connection\n"
        assert process.returncode == REFUSED


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["status", "x"], ["set"], ["set", "threshold"], ["set", "=1"],
                                       ["set", "cmd=reset"], ["events", "-n", "-1"], ["events", "-x"], ["events", "-a", "x"],
                                       ["snaps", "-n", "x"], ["snapshot", "a", "b"], ["delete"], ["--nonsense", "status"],
                                       ["doctor", "x"], ["cameras", "x"], ["get", "a", "b"]])
def test_wrong_usage(ctl, arguments):
    status, _, err = ctl(*arguments)
    assert status == USAGE
    assert arguments == [] or err


def test_output_that_cannot_be_written(ctl):
    with open("/dev/full", "w") as full:
        process = subprocess.run([oriel.BUILD / "orielctl", f"--run-dir={ctl.site.folder}", "status"], stdout=full,
                                 stderr=subprocess.PIPE, env=ctl.site.env, timeout=oriel.PATIENCE)
    assert process.returncode == REFUSED and b"No space left on device" in process.stderr


# ---- following

@contextlib.contextmanager
def following(ctl, *arguments):
    process = ctl.start("--json", "events", "--follow", *arguments)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()


def next_event(process):
    """One that does not come ends the process, and so the test."""
    timer = threading.Timer(oriel.PATIENCE, process.kill)
    timer.start()
    line = process.stdout.readline()
    timer.cancel()
    return json.loads(line)


def test_follow_misses_nothing_while_orield_is_away(make_site):
    site = make_site(ready=False, programs=["orield"])
    oriel.wait_for(lambda: answers(site))
    with following(Ctl(site), "-n", "1") as process:
        first = next_event(process)["id"]
        for _ in range(3):
            oriel.wait_for(lambda: site.command({"cmd": "snapshot_now"})["ok"])
            site.restart("orield", signal.SIGKILL)
            oriel.wait_for(lambda: answers(site))
        # A crash skips some numbers (docs/reliability.md), and no event.
        there = site.command({"cmd": "events", "after": first, "limit": 1000})["events"]
        assert [event["type"] for event in there].count("saved") == 3
        assert [next_event(process)["id"] for _ in there] == [event["id"] for event in there]


def test_follow_of_one_type(ctl, house):
    with following(ctl, "-t", "saved", "-n", "1") as process:
        next_event(process)
        name = house.command({"cmd": "snapshot_now"})["name"]
        while True:
            event = next_event(process)
            assert event["event"] == "saved"
            if event["data"]["name"] == name:
                break


def test_follow_from_now_on(ctl, house):
    """For somebody who wants only new events: none of the past."""
    assert house.command({"cmd": "snapshot_now"})["ok"]
    newest = house.command({"cmd": "events", "limit": 1})["last"]
    with following(ctl, "-n", "0") as process:
        def told():
            return house.command({"cmd": "snapshot_now"})["ok"] and select.select([process.stdout], [], [], 0.3)[0]
        oriel.wait_for(told)
        assert next_event(process)["id"] > newest
    assert ctl.ok("events", "-n", "0") == ""


def test_follow_when_the_past_is_gone(ctl_alone):
    def answer(command):
        if command["cmd"] == "events":
            return {"events": [], "first": 50, "last": 60}
        return {"ok": True, "last": 70, "gap": True, "state": {}}

    with Standin(ctl_alone.site.folder / "cam", answer) as orield, following(ctl_alone) as process:
        assert process.stderr.readline() == b"orielctl: events behind 60 are no longer there\n"
        orield.reply({"event": "motion", "id": 71, "data": {"ts": 1}})
        assert next_event(process)["id"] == 71


# ---- doctor

def findings(ctl, *arguments):
    status, out, err = ctl("--json", "doctor", *arguments)
    assert err == ""
    found = [json.loads(line) for line in out.splitlines()]
    assert status == (REFUSED if any(f["verdict"] == "BAD" for f in found) else OK)
    assert all(f["advice"] for f in found if f["verdict"] == "BAD")
    return {f["check"]: f for f in found}


@pytest.fixture(scope="module")
def whole_house(sites):
    """orield, the worker, nginx; oriel-fcgi is played by a bare socket."""
    site = sites.new(programs=["orield", "oriel-ws", "nginx"])
    site.start(ready=False)
    oriel.wait_for(lambda: answers(site) and wsclient.answers(site.folder / "ws.sock"))
    oriel.wait_for(lambda: site.status()["frames"] > 0)
    oriel.wait_for(lambda: wsclient.answers(("127.0.0.1", site.port)))
    time.sleep(0.2)         # the question itself is a connection
    for daemon in site.daemons.values():
        daemon.baseline = daemon.descriptors()
    yield site
    sites.end(site)


def doctor_arguments(site):
    return [f"--ws-socket={site.folder}/ws.sock", f"--fcgi-socket={site.folder}/ws.sock",
            f"--nginx={site.folder}/nginx.conf"]


def test_doctor_finds_nothing_bad(whole_house):
    found = findings(Ctl(whole_house), *doctor_arguments(whole_house))
    bad = [f for f in found.values() if f["verdict"] == "BAD" and f["check"] not in ("device", "disk")]
    assert not bad
    assert found.keys() >= {"device", "orield", "pictures", "memory", "run folder", "state folder", "disk", "quota",
                            "oriel-fcgi", "oriel-ws", "accounts", "nginx"}
    assert "includes the site" in found["nginx"]["text"]


def test_what_nginx_may_hold_unsent(whole_house):
    """As the drop-in for nginx.service does it; nginx keeps it when it reloads."""
    ctl, pid = Ctl(whole_house), whole_house["nginx"].pid

    def far():
        return findings(ctl, *doctor_arguments(whole_house))["far viewers"]
    assert (far()["verdict"], "TCP_NOTSENT_LOWAT" in far()["text"], "notsent-lowat" in far()["advice"]) == ("note", True, True)
    assert ctl("notsent-lowat", str(pid)) == (OK, "", "")
    assert far()["verdict"] == "ok"
    before = whole_house["nginx"].workers()
    whole_house.restarts.add("nginx")
    whole_house["nginx"].process.send_signal(signal.SIGHUP)
    oriel.wait_for(lambda: whole_house["nginx"].workers() and not set(before) & set(whole_house["nginx"].workers()))
    assert far()["verdict"] == "ok"
    assert ctl("notsent-lowat", f"{whole_house.folder}/nginx.pid")[0] == OK


def test_what_only_nginx_may_hold_unsent(whole_house, tmp_path):
    ctl = Ctl(whole_house)
    (tmp_path / "pid").write_text("nonsense")
    for wrong in (str(whole_house["orield"].pid), "99999999", f"{tmp_path}/none", f"{tmp_path}/pid"):
        status, out, err = ctl("notsent-lowat", wrong)
        assert status == REFUSED and out == "" and err.startswith("orielctl: ") and err.count("\n") == 1
    for wrong in (["--bytes=0", "1"], ["--bytes=x", "1"], ["--bytes=99999999", "1"], ["1", "2"], ["--byte"]):
        assert ctl("notsent-lowat", *wrong)[0] == 2


@pytest.mark.parametrize("connections, descriptors, requests, verdict", [
    (8192, 16384, 4000, "ok"), (768, None, 360, "ok"), (768, None, 370, "BAD"), (8192, None, 600, "BAD"), (None, None, 360, "BAD"),
    (8192, 16384, None, "BAD")])
def test_doctor_compares_the_limits_of_nginx(whole_house, tmp_path, connections, descriptors, requests, verdict):
    """None given: as nginx has it, or the line is missing."""
    conf = (whole_house.folder / "nginx.conf").read_text()
    conf = re.sub(r"worker_connections \d+;", f"worker_connections {connections};" if connections else "", conf)
    conf = re.sub(r"worker_rlimit_nofile \d+;", f"worker_rlimit_nofile {descriptors};" if descriptors else "", conf)
    site = (whole_house.folder / "oriel.conf").read_text()
    site = re.sub(r"limit_conn oriel_process \d+;", f"limit_conn oriel_process {requests};" if requests else "", site)
    (tmp_path / "oriel.conf").write_text(site)
    (tmp_path / "nginx.conf").write_text(conf.replace(f"{whole_house.folder}/oriel.conf", f"{tmp_path}/oriel.conf"))
    found = findings(Ctl(whole_house), *doctor_arguments(whole_house)[:2], f"--nginx={tmp_path}/nginx.conf")
    assert found["requests"]["verdict"] == verdict, found["requests"]


@pytest.mark.parametrize("processes, requests, verdict", [(1, 360, "note"), (3, 360, None), (1, 1024, None)])
def test_doctor_compares_streams_with_requests(common_site, tmp_path, processes, requests, verdict):
    """1024 places for streams (max_streams) are of no use when nginx lets fewer requests in."""
    conf = (common_site.folder / "nginx.conf").read_text()
    conf = re.sub(r"worker_processes \w+;", f"worker_processes {processes};", conf)
    site = re.sub(r"limit_conn oriel_process \d+;", f"limit_conn oriel_process {requests};", (common_site.folder / "oriel.conf").read_text())
    (tmp_path / "oriel.conf").write_text(site)
    (tmp_path / "nginx.conf").write_text(conf.replace(f"{common_site.folder}/oriel.conf", f"{tmp_path}/oriel.conf"))
    found = findings(Ctl(common_site), f"--ws-socket={common_site.folder}/ws.sock", f"--fcgi-socket={common_site.folder}/fcgi.sock",
                     f"--nginx={tmp_path}/nginx.conf")
    assert found["requests"]["verdict"] == "ok"
    assert found.get("streams", {}).get("verdict") == verdict, found
    if verdict:
        assert "1024" in found["streams"]["text"] and "360" in found["streams"]["text"] and "limit_conn oriel_process 1024" in found["streams"]["advice"]


@pytest.mark.parametrize("most, descriptors, verdict", [(100, 1024, "ok"), (1000, 1024, "BAD")])
def test_doctor_compares_descriptors_with_caps(make_site, most, descriptors, verdict):
    site = make_site(ready=False, programs=["oriel-ws"], ws=[f"--max-clients={most}"])
    oriel.wait_for(lambda: wsclient.answers(site.folder / "ws.sock"))
    resource.prlimit(site["oriel-ws"].pid, resource.RLIMIT_NOFILE, (descriptors, descriptors))
    found = [json.loads(line) for line in Ctl(site)("--json", "--camera=cam", "doctor", f"--ws-socket={site.folder}/ws.sock",
                                                    "--fcgi-socket=/nonexistent", "--nginx=/nonexistent")[1].splitlines()]
    of_ws = [f for f in found if f["check"] == "oriel-ws"]
    assert [f["verdict"] for f in of_ws] == ["ok", verdict] and str(most) in of_ws[1]["text"] and str(descriptors) in of_ws[1]["text"]


def test_doctor_for_people(whole_house):
    status, out, err = Ctl(whole_house)("doctor", *doctor_arguments(whole_house), "--ws-socket=/nonexistent")
    assert (status, err) == (REFUSED, "")
    assert re.search(r"^ok    orield +version \d", out, re.M)
    assert re.search(r"^BAD   oriel-ws +nobody answers at /nonexistent: No such file or directory\n"
                     r" +-> systemctl enable --now oriel-ws.socket$", out, re.M)


def test_doctor_without_anything(ctl_alone):
    found = findings(ctl_alone, "--nginx=/nonexistent", "--state-dir=/nonexistent", "--fcgi-socket=/nonexistent")
    for check in "orield", "state folder", "oriel-fcgi", "nginx":
        assert found[check]["verdict"] == "BAD" or os.geteuid() != 0, found[check]


def test_doctor_sees_what_is_wrong(whole_house, tmp_path):
    ctl, folder = Ctl(whole_house), whole_house.folder / "cam"
    conf = tmp_path / "nginx.conf"
    conf.write_text(f"pid {tmp_path}/pid; events {{}} http {{}}")
    folder.chmod(0o755)
    try:
        found = findings(ctl, *doctor_arguments(whole_house)[:2], f"--nginx={conf}")
    finally:
        folder.chmod(0o750)
    assert found["run folder"]["verdict"] == "BAD" and "0755" in found["run folder"]["text"]
    assert found["nginx"]["verdict"] == "BAD" and "does not include" in found["nginx"]["text"]


def test_doctor_sees_a_site_in_front_of_ours(whole_house, tmp_path):
    """As Debian's nginx has one."""
    conf = (whole_house.folder / "nginx.conf").read_text()
    other = f"http {{ server {{ listen 127.0.0.1:{whole_house.port}; server_name _; }}"
    (tmp_path / "nginx.conf").write_text(re.sub(r"^http \{", lambda _: other, conf, flags=re.M))
    found = findings(Ctl(whole_house), *doctor_arguments(whole_house)[:2], f"--nginx={tmp_path}/nginx.conf")
    assert found["nginx"]["verdict"] == "BAD" and "same server_name" in found["nginx"]["text"]


@pytest.mark.parametrize("status,settings,check,verdict", [
    ({"online": False, "reason": "pulled out"}, {}, "pictures", "BAD"),
    ({"online": True, "stale": True}, {}, "pictures", "BAD"),
    ({"online": True, "store": {"ok": False, "reason": "disk full", "code": "disk_full"}}, {}, "store", "BAD"),
    ({"online": True, "snaps": {"count": 95, "bytes": 0}}, {"quota_files": 100, "quota_mb": 1}, "quota", "note"),
    ({"online": True}, {"keep_free": 101}, "disk", "BAD"),
])
def test_doctor_reads_what_orield_says(ctl_alone, status, settings, check, verdict):
    def answer(command):
        return {"status": {"name": "x", "fps": 1, "version": "1"} | status,
                "get": {"state_dir": str(ctl_alone.site.folder)} | settings,
                "attach": {"ok": False, "reason": "no frame yet", "code": "no_frame"}}[command["cmd"]]

    with Standin(ctl_alone.site.folder / "cam", answer):
        assert findings(ctl_alone)[check]["verdict"] == verdict


# ---- cameras

def test_cameras(ctl):
    cameras = ctl.json("cameras")
    out = ctl.ok("cameras")
    assert isinstance(cameras, list)
    assert out == "no camera found\n" if not cameras else all(camera["device"] in out for camera in cameras)
