# SPDX-License-Identifier: ISC
"""What programs tell systemd (sd_notify(3)), on which it would act. More of it: oriel-ws in test_ws_frames.py, a capture loop that hangs in
tests/unit/test_commands.c."""
import os
import signal
import socket
import time

import pytest

import oriel


class Systemd:
    """The other end of NOTIFY_SOCKET."""

    def __init__(self, folder):
        self.path = str(folder / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)

    def start(self, daemon, watchdog_s):
        daemon.env = daemon.env | {"NOTIFY_SOCKET": self.path, "WATCHDOG_USEC": str(int(watchdog_s * 1e6))}
        daemon.start()

    def hear(self, patience=oriel.PATIENCE):
        self.socket.settimeout(patience)
        return self.socket.recv(1000).decode()

    def watch(self, seconds, silence):
        """For so long it is never silent for more than `silence`, which allows for a busy machine."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            while self.hear(silence) != "WATCHDOG=1":
                pass


@pytest.fixture
def site(make_site):
    return make_site(ready=False, programs=[])


@pytest.fixture
def systemd(site):
    systemd = Systemd(site.folder)
    yield systemd
    systemd.socket.close()


def test_a_camera_that_is_not_there_is_no_reason_to_be_killed(site, systemd):
    site.allow("offline: ")
    site.add("orield", [oriel.BUILD / "orield", "--source=v4l2", "--device=/dev/video250", f"--run-dir={site.folder}",
                        f"--state-dir={site.state}"])
    systemd.start(site["orield"], 3)
    assert systemd.hear() == "READY=1\nSTATUS=/dev/video250: no such camera"
    systemd.watch(4.5, silence=6)


def test_ready_with_the_first_frame(site, systemd):
    site.add("orield", [oriel.BUILD / "orield", *oriel.CARD, f"--run-dir={site.folder}", f"--state-dir={site.state}"])
    systemd.start(site["orield"], 30)
    assert systemd.hear() == "READY=1\nSTATUS=camera online"
    assert site.status()["online"]


def test_a_worker_that_hangs_is_replaced_and_systemd_need_not_know(site, systemd):
    site.allow(r"worker \d+ (hangs|was killed by signal 9)", r"control\.sock: No such file")
    site.add("oriel-fcgi", [oriel.BUILD / "oriel-fcgi", f"--run-dir={site.folder}", f"--listen={site.folder}/fcgi.sock"])
    daemon = site["oriel-fcgi"]
    systemd.start(daemon, 1)
    assert systemd.hear() == "READY=1\nSTATUS=serving"
    hanging, = oriel.children(daemon.pid)
    os.kill(hanging, signal.SIGSTOP)
    systemd.watch(3, silence=5)
    new, = oriel.wait_for(lambda: oriel.children(daemon.pid))
    assert new != hanging
    site.begin()
