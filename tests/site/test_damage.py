# SPDX-License-Identifier: ISC
"""state.db damaged, removed or put back while the real orield runs, confined as it is."""
import json
import os
import shutil
import socket
import sqlite3
import subprocess

import pytest

import oriel


class Daemon:
    def __init__(self, folder):
        self.folder, self.state, self.run = folder, folder / "state" / "cam", folder / "run"
        self.process, self.log = None, folder / "log"

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([oriel.BUILD / "orield", f"--state-dir={self.state.parent}", f"--run-dir={self.run}",
                                             "--source=testcard", "--width=320", "--height=240", "--fps=10", "--motion=no"], stderr=log)
        oriel.wait_for(lambda: (self.ctl("status") or {}).get("frames", 0) > 2)

    def stop(self):
        self.process.terminate()
        assert self.process.wait(timeout=oriel.PATIENCE) == 0
        assert not oriel.SANITIZER.search(self.log.read_text())

    def ctl(self, *arguments):
        done = subprocess.run([oriel.BUILD / "orielctl", f"--run-dir={self.run}", "--json", *arguments], capture_output=True,
                              timeout=oriel.PATIENCE, check=False)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def events(self):
        return [event["id"] for event in self.ask({"cmd": "events", "limit": 1000})["events"]]

    def ask(self, command):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(str(self.run / "cam" / "control.sock"))
            sock.sendall(json.dumps(command).encode() + b"\n")
            return json.loads(sock.makefile().readline())

    def number(self):
        """Of one event more."""
        self.ctl("snapshot")
        return max(self.events())

    def repaired(self):
        return self.ctl("status")["store"]["repaired"]


@pytest.fixture
def daemon(tmp_path):
    made = Daemon(tmp_path)
    made.state.parent.mkdir()
    made.run.mkdir()
    made.start()
    made.ctl("set", "threshold=31")
    for _ in range(20):
        made.ctl("snapshot")
    yield made
    if made.process.poll() is None:
        made.stop()


def goes_on(daemon, before, reason):
    assert daemon.number() > before
    status = daemon.ctl("status")
    assert status["store"]["ok"] and reason in status["store"]["repaired"]["reason"], status
    assert status["snaps"]["count"] == 21 == len(list((daemon.state / "snaps").iterdir()))
    assert daemon.ctl("get")["threshold"] == 31
    daemon.stop()
    daemon.start()
    assert daemon.ctl("get")["threshold"] == 31 and daemon.repaired() is None
    assert daemon.number() > before + 1
    assert os.access(daemon.state / "state.db", os.R_OK)


def test_removed(daemon):
    before = max(daemon.events())
    for each in daemon.state.glob("state.db*"):
        each.unlink()
    goes_on(daemon, before, "it was removed while it was in use")
    assert min(daemon.events()) == 1
    assert "written anew" in daemon.log.read_text()


def test_an_older_copy_in_its_place(daemon):
    daemon.stop()
    shutil.copy(daemon.state / "state.db", daemon.folder / "old.db")
    daemon.start()
    for _ in range(3):
        before = daemon.number()
    for each in daemon.state.glob("state.db*"):
        each.unlink()
    shutil.move(daemon.folder / "old.db", daemon.state / "state.db")
    for name in daemon.ctl("snaps", "-n", "3")["snaps"]:
        daemon.ctl("delete", name["name"])
    goes_on(daemon, before, "another file was put in its place")


@pytest.mark.parametrize("kept", [3 * 4096, 0])
def test_cut_short(daemon, kept):
    daemon.stop()
    daemon.start()                      # all is in the one file now, not in its log
    before = max(daemon.events())
    with open(daemon.state / "state.db", "r+b") as file:
        file.truncate(kept)
        file.seek(0, os.SEEK_END)
        file.write(b"what is this? " * 50)
    goes_on(daemon, before, "it was cut short while it was in use")
    assert list(daemon.state.glob("state.db.corrupt-*"))


def test_found_after_the_start(daemon):
    """A page that nobody reads in passing: an index of events."""
    before = max(daemon.events())
    daemon.stop()
    path = daemon.state / "state.db"
    with sqlite3.connect(path) as db:
        root = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'event_type'").fetchone()[0]
    db.close()
    with open(path, "r+b") as file:
        file.seek((root - 1) * 4096 + 4090)
        file.write(b"\xff\x01")
    daemon.start()
    oriel.wait_for(daemon.repaired)
    goes_on(daemon, before, "")

