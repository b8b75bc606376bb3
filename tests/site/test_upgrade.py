# SPDX-License-Identifier: ISC
"""All programs are replaced by others while the site is in use, as `systemctl restart` does it with sockets that systemd owns: no
connection is refused, streams are back within 3 s."""
import contextlib
import shutil
import signal
import socket
import threading
import time

import pytest
import requests

import oriel
from hammer import LOST, Hammer, heals

PROGRAMS = ("orield", "oriel-fcgi", "oriel-ws")


@pytest.fixture
def handed_over(make_site):
    listeners = []

    def hand_over(site):
        (site.folder / "old").mkdir(), (site.folder / "new").mkdir()
        (site.folder / "cam").mkdir(exist_ok=True)
        for name, path in (("orield", "cam/control.sock"), ("oriel-fcgi", "fcgi.sock"), ("oriel-ws", "ws.sock")):
            shutil.copy(oriel.BUILD / name, site.folder / "old")
            site[name].argv[0] = str(site.folder / "old" / name)
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(str(site.folder / path))
            listener.listen(4096)
            site[name].listener = listener
            listeners.append(listener)
    site = make_site(cameras={"cam": ["--fps=20", "--testcard-period=800", "--motion-gap=150"]}, prepare=hand_over)
    site.outage()
    site.restarts = set(PROGRAMS)
    yield site
    for listener in listeners:
        listener.close()


class Requests(threading.Thread):
    """Pictures and status, one after the other; how each was answered."""

    def __init__(self, site):
        super().__init__()
        self.site, self.stop, self.statuses, self.refused = site, threading.Event(), {}, 0

    def run(self):
        with requests.Session() as session:
            session.trust_env = False
            while not self.stop.is_set():
                try:
                    answer = session.get(self.site.url("/status"), timeout=10)
                    self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
                except requests.RequestException:
                    self.refused += 1


class Viewer(threading.Thread):
    """A browser: reads the stream, opens it again when it ends; the longest time without a frame."""

    def __init__(self, site):
        super().__init__()
        self.site, self.stop, self.longest, self.last = site, threading.Event(), 0, time.monotonic()

    def run(self):
        while not self.stop.is_set():
            with contextlib.suppress(*LOST), self.site.stream(timeout=5) as stream:
                while not self.stop.is_set():
                    part = stream.part()
                    if len(part["jpeg"]) > 2000:
                        now = time.monotonic()
                        self.longest, self.last = max(self.longest, now - self.last), now


def test_upgrade_in_place(handed_over):
    site = handed_over
    for name in PROGRAMS:
        shutil.copy(oriel.BUILD / name, site.folder / "new")
    viewer, asking = Viewer(site), Requests(site)
    with Hammer(site) as hammer:
        viewer.start(), asking.start()
        time.sleep(1)
        for name in PROGRAMS:           # as the package's script: one unit after the other
            site[name].kill(signal.SIGTERM)
            site[name].argv[0] = str(site.folder / "new" / name)
            site[name].start()
        took = heals(site)
        time.sleep(1)
        for thread in (viewer, asking):
            thread.stop.set()
            thread.join(20)
    hammer.check()
    running = {name: (site.folder / "new" / name).samefile(f"/proc/{site[name].pid}/exe") for name in PROGRAMS}
    assert all(running.values()), running
    print(f"all programs replaced: well again after {took:.2f} s, longest time without a frame {viewer.longest:.2f} s, "
          f"answers {asking.statuses}, {asking.refused} refused; {len(hammer.saved)} pictures and {len(hammer.seen)} events, none lost")
    assert asking.refused == 0 and set(asking.statuses) <= {200, 503} and asking.statuses[200] > 20
    assert viewer.longest < 3
