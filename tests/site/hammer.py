# SPDX-License-Identifier: ISC
"""Saves, settings, resets and motion without a pause, and a record of what was confirmed. After the site was killed, it is compared with
this record."""
import contextlib
import threading
import time

import requests

import oriel
import wire

LOST = (wire.Gone, OSError, requests.RequestException, AssertionError, ValueError, KeyError, IndexError)


class Hammer:
    def __init__(self, site, pause=0.01):
        self.site, self.pause = site, pause
        self.saved = {}             # name: size, as `ok` replies had it
        self.settings = []          # (value, was it answered with ok), in the order they were sent
        self.resets = []            # newest event number known before a reset that was answered with ok
        self.seen = []              # numbers of events, as a client that resumes has seen them
        self.times = {}             # event number: when it was seen first
        self.gaps = 0
        self.unstored = 0           # motions without a number
        self.answered = 0
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self.again, args=(work,), daemon=True)
                        for work in (self.save, self.set, self.reset, self.follow)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join(30)
            assert not thread.is_alive()

    def again(self, work):
        """Each of them on a connection of its own, and on another one when that has gone."""
        while not self.stop.is_set():
            with contextlib.suppress(*LOST):
                work()
            time.sleep(0.02)

    def save(self):
        with self.site.control(timeout=5) as control:
            while not self.stop.is_set():
                reply = control.ask({"cmd": "snapshot_now"})
                if reply.get("ok"):
                    self.saved[reply["name"]] = reply["size"]
                    self.answered += 1
                time.sleep(self.pause)

    def set(self):
        with requests.Session() as session:
            session.trust_env = False
            while not self.stop.is_set():
                value = len(self.settings) + 1000
                self.settings.append([value, False])
                answer = session.post(self.site.url("/config"), json={"quota_mb": value}, timeout=5)
                if answer.status_code == 200:
                    self.settings[-1][1] = True
                    self.answered += 1
                time.sleep(self.pause)

    def reset(self):
        with self.site.control(timeout=5) as control:
            while not self.stop.is_set():
                known = self.seen[-1] if self.seen else 0
                if control.ask({"cmd": "reset"}).get("ok"):
                    self.resets.append(known)
                    self.answered += 1
                self.stop.wait(0.5)

    def follow(self):
        with self.site.events(last=self.seen[-1] if self.seen else 0, timeout=5) as events:
            while not self.stop.is_set():
                event = events.next()
                self.gaps += bool(event.get("event") == "state" and event["data"].get("gap"))
                self.unstored += bool(event.get("event") == "motion" and event["data"].get("stored") is False)
                if "id" in event:
                    self.seen.append(int(event["id"]))
                    self.times[self.seen[-1]] = time.monotonic()

    def events(self):
        """The whole log."""
        found = []
        while True:
            page = self.site.command({"cmd": "events", "after": found[-1]["id"] if found else 0, "limit": 1000})["events"]
            if not page:
                return found
            found += page

    # ---- what must hold, once all is quiet --------------------------------------

    def check(self):
        count = self.site.get("/config").json()["trigger_count"]
        log = self.events()
        self.check_events([event["id"] for event in log])
        self.check_pictures()
        self.check_setting()
        if self.resets:
            motions = sum(event["type"] == "motion" and event["id"] > self.resets[-1] for event in log)
            assert count <= motions + self.unstored, "a reset was lost"

    def check_events(self, ids):
        assert self.seen == sorted(set(self.seen)), "an event was seen twice, or numbers went back"
        assert not self.gaps, "a client that resumed was told of a gap"
        assert [id for id in ids if id <= self.seen[-1]] == self.seen, "a client that resumed missed an event"

    def check_pictures(self):
        folder = self.site.state / "cam/snaps"
        listed, before = {}, 0
        while page := self.site.command({"cmd": "snaps", "limit": 1000} | ({"before": before} if before else {}))["snaps"]:
            listed |= {snap["name"]: snap["bytes"] for snap in page}
            before = page[-1]["id"]
        for name, size in self.saved.items():
            assert listed.get(name) == size, f"{name} was saved and is not listed"
        for name, size in listed.items():
            jpeg = (folder / name).read_bytes()
            assert len(jpeg) == size and jpeg[:2] == b"\xff\xd8" and jpeg[-2:] == b"\xff\xd9", f"{name} is not whole"

    def check_setting(self):
        """The newest that was answered with ok, or one sent later whose answer was lost."""
        newest = max((i for i, (_, ok) in enumerate(self.settings) if ok), default=None)
        if newest is not None:
            found = self.site.get("/config").json()["quota_mb"]
            assert found in {value for value, _ in self.settings[newest:]}, (found, len(self.settings), self.settings[-20:])


def heals(site, patience=20):
    """Seconds until pictures, commands and events are there again."""
    began = time.monotonic()

    def well():
        with contextlib.suppress(*LOST):
            if site.get("/snapshot.jpg", timeout=5).status_code != 200:
                return False
            with site.control(timeout=5) as control, site.events(timeout=5) as events:
                return control.ask({"cmd": "get"}).get("motion") and events.status == 200
    oriel.wait_for(well, patience)
    return time.monotonic() - began
