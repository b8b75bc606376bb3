# SPDX-License-Identifier: ISC
"""Oriel installed as docs/install.md says, its units run by systemd, on a USB camera."""
import collections
import itertools
import os
import pathlib
import re
import signal
import threading
import time

import pytest
import requests

import wire
from machine import Machine, folder_of, installation, shown
from world import Camera, frame_numbers, wait_for

GUEST_MODULES = ["uvcvideo", "vhci-hcd"]
GUEST_TIMEOUT = 240
GUEST_INSTALLED = True
UNITS = {"orield@cam": "oriel", "oriel-fcgi": "oriel-fcgi", "oriel-ws": "oriel-ws"}
WATCHDOG = 5        # seconds instead of 30; the guest's processor is emulated, and some twenty times slower than a real one


@pytest.fixture(scope="module")
def camera():
    with Camera("--mjpeg", "640x480") as camera:
        yield camera


@pytest.fixture(scope="module")
def machine(camera):
    machine = Machine()
    for unit in UNITS:
        folder = pathlib.Path(f"/etc/systemd/system/{unit}.service.d")
        folder.mkdir(parents=True)
        (folder / "watchdog.conf").write_text(f"[Service]\nWatchdogSec={WATCHDOG}\n")
    machine.start()
    for line in installation():
        machine.doctor = machine.do("sh", "-c", line)       # the last of them
    machine.do("orielctl", "user", "add", "anna", "--role=operator", given="correct horse battery\n")
    machine.token = re.search(r"oriel_[\w-]+", machine.do("orielctl", "token", "add", "tests", "--role=operator"))[0]
    yield machine
    machine.stop()


@pytest.fixture(autouse=True)
def journal(machine):
    yield
    print(machine.journal(*UNITS, "nginx")[-6000:])


def restarts(machine):
    return {unit: int(machine.show(unit, "NRestarts")[0]) for unit in UNITS}


def wait_well(machine):
    """Until all three run and there is a picture."""
    wait_for(lambda: all(machine.show(unit, "SubState") == ["running"] for unit in UNITS), 60, pause=0.5)
    wait_for(lambda: machine.get("/snapshot.jpg").status_code == 200, 30)


def replaced(machine, number):
    """All three get this signal; the site is well again, and systemd says that it was its doing."""
    before = restarts(machine)
    for unit in UNITS:
        os.kill(machine.pid(unit), number)
    wait_for(lambda: all(now > before[unit] for unit, now in restarts(machine).items()), 60, pause=0.5)
    wait_well(machine)


def test_the_doctor_has_no_complaint(machine):
    assert "BAD" not in machine.doctor and re.search(r"with this token: [\w-]+", machine.doctor), machine.doctor
    said = machine.do("orielctl", "doctor")
    assert "BAD" not in said and re.search(r"^ok +far viewers +nginx's \d+ listening sockets have", said, re.M), said


def test_ready_means_that_there_is_a_picture(machine):
    assert machine.show("orield@cam", "StatusText") == ["camera online"]
    said = machine.journal("orield@cam")
    assert said.index("capture: online") < said.index("Started orield@cam.service"), said


@pytest.mark.parametrize("unit", UNITS)
def test_who_it_is_and_what_it_may_do(machine, unit):
    pid = machine.pid(unit)
    status = dict(re.findall(r"^(\w+):\t(.*)$", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M))
    assert status["Uid"].split() == 4 * machine.do("id", "-u", UNITS[unit]).split()
    assert (status["NoNewPrivs"], status["Seccomp"], int(status["CapEff"], 16), int(status["CapBnd"], 16)) == ("1", "2", 0, 0)
    calls = set(machine.show(unit, "SystemCallFilter")[0].split())     # as systemd has worked it out
    assert {"landlock_restrict_self", "seccomp", "memfd_create", "socket"} <= calls
    assert not calls & {"ptrace", "mount", "reboot", "bpf", "setuid", "chown", "init_module", "perf_event_open", "kexec_load"}
    interfaces = re.findall(r"^ *(\w+):", pathlib.Path(f"/proc/{pid}/net/dev").read_text(), re.M)
    assert interfaces == ["lo"] and os.readlink(f"/proc/{pid}/ns/net") != os.readlink("/proc/self/ns/net")
    said = machine.journal(unit)
    assert "confine: confined to files by Landlock" in said and "in part" not in said


def test_pictures_go_out_and_commands_come_in(machine):
    with wire.Stream(80, "/stream.jpg", headers=machine.headers) as stream:
        assert frame_numbers(stream.part()["jpeg"])
    with wire.WebSocket(80, "/control", headers=machine.headers) as control:
        reply = control.ask({"cmd": "snapshot_now"})
        assert control.ask({"cmd": "set", "threshold": 13})["ok"]
        assert control.ask({"cmd": "control", "brightness": 10})["ok"]
    assert reply["ok"], reply
    with wire.Events(80, "/events", last=reply["event"] - 1, headers=machine.headers) as events:
        assert events.wait("saved")["data"]["name"] == reply["name"]
    assert requests.post("http://127.0.0.1/config", json={"threshold": 12}, headers=machine.headers, timeout=20).ok
    saved = machine.get(f"/snaps/{reply['name']}")      # which nginx reads from orield's folder
    assert (saved.status_code, len(saved.content)) == (200, reply["size"]) and frame_numbers(saved.content)


def test_a_stranger_sees_nothing(machine):
    for path in ("/snapshot.jpg", "/status", "/snaps/", "/stream.jpg"):
        assert requests.get(f"http://127.0.0.1{path}", timeout=20).status_code == 401


def test_somebody_is_told(machine, camera):
    """By the program and the unit of docs/operations.md, which here tell the journal."""
    lines = "\n".join(shown("operations.md", "## Be told", "## What is where"))
    script, unit = lines.split("# /etc/systemd/system/oriel-tell.service\n")
    program = pathlib.Path("/usr/local/bin/oriel-tell")
    program.write_text(re.sub(r"mail .*", "cat", script).replace("orielctl", f"{folder_of('orielctl')}/orielctl"))
    program.chmod(0o755)
    pathlib.Path("/etc/systemd/system/oriel-tell.service").write_text(unit)
    machine.do("systemctl", "daemon-reload")
    machine.do("systemctl", "start", "oriel-tell")
    places = itertools.cycle((2, 0))
    look = itertools.count()

    def told():
        if next(look) % 8 == 0:     # seldom: while it moves on and on, there is no new motion
            camera.tell(f"place {next(places)}")
        time.sleep(1)
        return '"event":"motion"' in machine.journal("oriel-tell").replace(" ", "")
    wait_for(told, 60)
    machine.do("systemctl", "stop", "oriel-tell")


def test_a_pulled_cable_is_no_reason_to_be_killed(machine, camera):
    """For longer than the watchdog's time."""
    before = restarts(machine)
    camera.unplug()
    wait_for(lambda: not machine.is_online())
    time.sleep(1.5 * WATCHDOG)
    assert not machine.is_online()
    camera.plug()
    wait_for(machine.is_online)
    assert restarts(machine) == before


def test_a_camera_at_another_node_is_opened(machine, camera):
    with Camera("--mjpeg", "640x480", port=1, serial="2") as other:
        assert other.node != camera.node
        camera.unplug()
        wait_for(lambda: machine.is_online() and machine.get("/status").json()["device"] == other.node)
        camera.plug()
    wait_for(lambda: machine.is_online() and machine.get("/status").json()["device"] == camera.node)


def test_who_hangs_is_replaced(machine):
    replaced(machine, signal.SIGSTOP)
    for unit in UNITS:
        assert "Watchdog timeout" in machine.journal(unit)


def test_who_is_killed_is_replaced(machine):
    replaced(machine, signal.SIGKILL)


class Asking(threading.Thread):
    """One request after the other, each on a connection of its own; how they were answered."""

    def __init__(self, machine):
        super().__init__()
        self.machine, self.ended, self.answers = machine, threading.Event(), []

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join(30)

    def run(self):
        while not self.ended.is_set():
            try:
                self.answers.append(self.machine.get("/status").status_code)
            except requests.RequestException as error:
                self.answers.append(repr(error))


def test_a_restart_refuses_nobody(machine):
    log = pathlib.Path("/var/log/nginx/error.log")
    before = len(log.read_text())
    with Asking(machine) as asking:
        began = time.monotonic()
        machine.do("systemctl", "restart", *UNITS)
        wait_well(machine)
        print(f"a picture {time.monotonic() - began:.1f} s after the restart was asked for: {collections.Counter(asking.answers)}")
    # 503: orield is away for a moment, and the worker says so.
    assert set(asking.answers) <= {200, 503} and asking.answers.count(200) > 5
    assert "connect()" not in log.read_text()[before:]


def test_all_is_there_after_a_reboot(machine):
    pictures = machine.get("/snaps/").json()
    machine.do("systemctl", "stop", *UNITS, "nginx")
    for unit in UNITS:
        assert machine.show(unit, "Result", "ExecMainStatus") == ["success", "0"], machine.journal(unit)
    assert not pathlib.Path("/run/oriel/cam").exists()
    machine.reboot()
    machine.do("systemctl", "start", "nginx")
    wait_well(machine)
    assert pictures and machine.get("/snaps/").json() == pictures
