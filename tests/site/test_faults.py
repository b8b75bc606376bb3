# SPDX-License-Identifier: ISC
"""Calls that fail inside a running orield: the picture goes on, what was answered with ok is kept."""
import contextlib
import errno
import time

import pytest

import faults
import oriel
from hammer import Hammer, heals

ROUNDS = 12 if faults.SOAK else 1
# Not ENOSPC, which costs old pictures: test_snaps.py, and tests/unit/test_failing.c.
DISK = [("open", errno.EMFILE), ("write", errno.EIO), ("sync", errno.EIO), ("truncate", errno.EIO), ("rename", errno.EROFS),
        ("unlink", errno.EACCES), ("map", errno.ENOMEM)]


@pytest.fixture
def failing(make_site):
    def prepare(site):
        faults.preload(site, "orield")
    site = make_site(cameras={"cam": ["--fps=20", "--testcard-period=800", "--motion-gap=150"]}, prepare=prepare)
    site.outage()
    site.allow(r" (warning|error): ")
    site.restarts = {"orield"}
    yield site
    site.faults["orield"].calm()
    lines = site.new_lines("orield")
    assert not any("damaged" in line for line in lines), lines


def well(site):
    return site.command({"cmd": "snapshot_now"}).get("ok") and site.get("/status").json().get("store", {}).get("ok")


def test_calls_fail_in_their_turn(failing):
    """Each once, at several moments, and each for a while."""
    orield = failing.faults["orield"]
    with Hammer(failing) as hammer:
        for turn in range(1, ROUNDS + 1):
            for call, error in DISK:
                for stays in (False, True):
                    orield.fail(call, turn, error, stays)
                    time.sleep(0.12)
                    assert failing.get("/snapshot.jpg").status_code == 200
                    orield.calm()
                    oriel.wait_for(lambda: well(failing), patience=15)
    hammer.check()
    failing["orield"].kill()
    failing["orield"].start()
    heals(failing)
    hammer.check()
    assert hammer.saved and hammer.seen


if not faults.SANITIZED:        # those have an allocator of their own
    def test_allocations_fail_in_their_turn(failing):
        orield = failing.faults["orield"]
        with Hammer(failing) as hammer:
            for turn in range(1, 120 if faults.SOAK else 10):
                for stays in (False, True):
                    orield.fail("malloc", turn, errno.ENOMEM, stays)
                    time.sleep(0.06)
                    orield.calm()
                    assert failing["orield"].process.poll() is None
            oriel.wait_for(lambda: well(failing), patience=15)
            time.sleep(1)
        hammer.check()
        assert hammer.saved and hammer.seen


def test_a_state_folder_that_cannot_be_used(make_site):
    """Picture and motion work all the same, saving is refused with the reason, and it recovers."""
    site = make_site(cameras={"cam": ["--cooldown=100", "--testcard-period=800", "--motion-gap=150"]},
                     prepare=lambda site: faults.preload(site, "orield"))
    site.outage()
    site.allow(r" (warning|error): .*(state|store)")
    site.restarts = {"orield", "oriel-fcgi"}
    with site.events() as events:
        events.wait("motion"), events.wait("motion")
    site.faults["orield"].fail("open", 1, errno.EROFS, stays=True)
    for name in site.restarts:
        site.restart(name)
    heals(site)
    with site.events() as events, site.control() as control:
        assert events.wait("state")["data"]["online"] is True
        motion = events.wait("motion")
        assert motion["data"]["stored"] is False and "id" not in motion
        reply = control.ask({"cmd": "snapshot_now"})
        assert reply["ok"] is False and "state.db" in reply["reason"]
        assert site.post("/config", json={"threshold": 20}).status_code == 503
        store = site.get("/status").json()["store"]
        assert store["ok"] is False and "state.db" in store["reason"]
        assert site.get("/snapshot.jpg").status_code == 200
        site.faults["orield"].calm()
        assert events.wait("motion", when=lambda data: "stored" not in data)["id"].isdigit()
        assert control.ask({"cmd": "snapshot_now"})["ok"] is True
    with site.events(last=1) as events:
        assert [int(event["id"]) for event in (events.next() for _ in range(4)) if "id" in event][:3] == [2, 3, 4]


@pytest.mark.parametrize("call, words", [("memfd", "memory"), ("map", "memory")])
def test_no_memory_for_frames(make_site, call, words):
    """Refused at the start: it says so, and recovers by itself once there is memory."""
    def prepare(site):
        faults.preload(site, "orield")
        site.faults["orield"].fail(call, 1, errno.ENOMEM, stays=True)
    site = make_site(ready=False, prepare=prepare)
    site.outage()
    site.allow(r" (warning|error): ")
    site.restarts = {"orield"}

    def said():
        with contextlib.suppress(OSError):
            return words in site.status()["reason"]
    oriel.wait_for(said)
    oriel.wait_for(lambda: site.answers("/healthz"))
    assert site.get("/snapshot.jpg").status_code == 503
    site.faults["orield"].calm()
    oriel.wait_for(lambda: site.get("/snapshot.jpg").status_code == 200, patience=15)
