# SPDX-License-Identifier: ISC
"""A disk on which a sync, an open, a write or an unlink takes 13 s: nobody else waits for it, and no picture is lost. A client that cannot
know whether a change was made is told so, and may ask again."""
import concurrent.futures
import threading
import time

import pytest

import faults
import oriel

FPS = 5             # slow enough that a busy machine loses none either
SLOW = 13
UNKNOWN = {"code": "unknown_outcome"}


class Watch:
    """What goes on meanwhile: frames of a stream, answers of /status, pulses; all with their times."""

    def __init__(self, site):
        self.site, self.frames, self.asked, self.pulses = site, [], [], []
        self.over = threading.Event()
        self.threads = [threading.Thread(target=work) for work in (self.look, self.ask, self.listen)]

    def look(self):
        with self.site.stream() as stream:
            while not self.over.is_set():
                stream.part()
                self.frames.append(time.monotonic())

    def ask(self):
        while not self.over.wait(0.1):
            begun = time.monotonic()
            answer = self.site.request("GET", "/status")
            self.asked.append((answer.status_code, time.monotonic() - begun))

    def listen(self):
        with self.site.events() as events:
            while not self.over.is_set():
                events.wait("pulse")
                self.pulses.append(time.monotonic())

    def __enter__(self):
        for thread in self.threads:
            thread.daemon = True
            thread.start()
        oriel.wait_for(lambda: len(self.frames) > FPS and self.asked and self.pulses)
        self.begun, self.made = time.monotonic(), self.site.status()["frames"]
        return self

    def __exit__(self, *_):
        self.ended, self.made = time.monotonic(), self.site.status()["frames"] - self.made
        self.over.set()
        for thread in self.threads:
            thread.join(20)

    def check(self):
        times = [at for at in self.frames if self.begun <= at <= self.ended]
        gaps = [b - a for a, b in zip(times, times[1:])]
        assert self.made > 0.9 * FPS * (self.ended - self.begun) - 2
        assert len(times) >= self.made - 3, (len(times), self.made)    # those at both ends
        assert max(gaps) < 1, max(gaps)
        assert {status for status, _ in self.asked} == {200}
        assert max(took for _, took in self.asked) < 1.5, max(took for _, took in self.asked)
        assert max(b - a for a, b in zip(self.pulses, self.pulses[1:])) < 2.5


@pytest.fixture
def slow(make_site):
    site = make_site(cameras={"cam": [f"--fps={FPS}", "--motion=no"]}, fcgi=["--workers=1"],
                     prepare=lambda site: faults.preload(site, "orield"))
    yield site, site.faults["orield"]
    site.faults["orield"].calm()


def timed(work):
    begun = time.monotonic()
    return work(), time.monotonic() - begun


def saved(site):
    return [event for event in site.get("/history?limit=1000").json() if event["type"] == "saved"]


def test_a_sync_of_13_s(slow):
    site, disk = slow
    key = {"Idempotency-Key": "f3a1c6d0-threshold-33"}
    short = {"cmd": "snapshot_now", "id": 7}

    def change():
        return oriel.requests.post(site.url("/config"), json={"threshold": 33}, headers=key, timeout=20)

    def save():
        with site.control(timeout=20) as control:
            return control.ask(short)

    with Watch(site) as watch, concurrent.futures.ThreadPoolExecutor() as pool:
        disk.slow(SLOW, "sync")
        changing, saving = pool.submit(timed, change), pool.submit(timed, save)
        time.sleep(0.3)
        asking = pool.submit(timed, lambda: oriel.requests.get(site.url("/history"), timeout=20))
        answer, took = changing.result()
        assert answer.status_code == 504 and 9 < took < 11.5, (answer.status_code, took)
        assert answer.json().items() >= UNKNOWN.items() and "may" in answer.json()["error"]
        reply, took = saving.result()
        assert reply["ok"] is False and reply.items() >= UNKNOWN.items() and reply["id"] == 7, reply
        answer, took = asking.result()      # a question can be asked again: it has no outcome
        assert answer.status_code == 503 and answer.json() == {"error": "the camera daemon does not answer", "code": "daemon_silent"} and 9 < took < 11.5
        # Asked again while it is still under way: they wait for the first one.
        changing, saving = pool.submit(change), pool.submit(save)
        time.sleep(0.5)
        disk.calm()
        answer, reply = changing.result(), saving.result()
        assert answer.status_code == 200 and answer.json() == {"ok": True, "threshold": 33, "id": key["Idempotency-Key"]}
        assert reply["ok"] is True, reply
    watch.check()
    # And again when it is over, although somebody has set something else meanwhile.
    site.post("/config", json={"threshold": 44})
    assert change().json()["threshold"] == 33 and site.get("/config").json()["threshold"] == 44
    assert save()["name"] == reply["name"]
    assert [event["data"]["name"] for event in saved(site)] == [reply["name"]]
    # Another id, or none: another picture.
    with site.control() as control:
        names = {control.ask({"cmd": "snapshot_now", **id})["name"] for id in ({"id": 8}, {}, {"id": 8})}
    assert len(names) == 3 and len(saved(site)) == 4


@pytest.mark.parametrize("call", ["open", "write", "unlink"])
def test_a_call_of_13_s(slow, call):
    """Each of the others, for a few seconds."""
    site, disk = slow
    name = site.command({"cmd": "snapshot_now"})["name"]
    with Watch(site) as watch, concurrent.futures.ThreadPoolExecutor() as pool:
        disk.slow(SLOW, call)
        waiting = [pool.submit(site.command, command) for command in (
            {"cmd": "snapshot_now"}, {"cmd": "snap_delete", "name": name}, {"cmd": "set", "threshold": 20})]
        time.sleep(2.5)
        disk.calm()
        assert all(wait.result()["ok"] for wait in waiting)
    watch.check()


def test_a_worker_that_comes_while_the_disk_is_slow(slow):
    """It gets its first answer from the store late, but its picture at once."""
    site, disk = slow
    site.outage()
    site.restarts = {"oriel-fcgi"}
    with concurrent.futures.ThreadPoolExecutor() as pool:
        disk.slow(SLOW, "sync")
        waiting = pool.submit(site.command, {"cmd": "set", "threshold": 20})
        time.sleep(0.3)
        site.restart("oriel-fcgi")
        site.wait_up()
        _, took = timed(lambda: oriel.wait_for(lambda: site.get("/snapshot.jpg").status_code == 200))
        assert took < 2 and not waiting.done()
        disk.calm()
        assert waiting.result()["ok"]


def test_the_end_while_the_disk_is_slow(slow):
    """SIGTERM: what was given is finished, and no more: well within what systemd waits (90 s)."""
    site, disk = slow
    site.outage()
    site.restarts = {"orield"}
    disk.slow(1, "sync")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = pool.submit(site.command, {"cmd": "set", "threshold": 21})
        time.sleep(0.2)
        _, took = timed(lambda: site["orield"].kill(oriel.signal.SIGTERM))
        assert took < 8
        assert waiting.result() == {"ok": True, "threshold": 21}
    disk.calm()
    site["orield"].start()
    oriel.wait_for(lambda: site.answers("/config") and site.get("/config").json()["threshold"] == 21)
