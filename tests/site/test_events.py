# SPDX-License-Identifier: ISC
import time

import pytest

import oriel


def test_first_words(site):
    with site.events() as events:
        assert events.status == 200
        assert events.headers["content-type"].startswith("text/event-stream")
        assert events.headers["cache-control"] in ("no-store", "no-cache")
        assert "transfer-encoding" not in events.headers
        first = events.next()
        while "event" not in first:
            assert "retry" in first or "comment" in first
            retry = first.get("retry")
            first = events.next()
        assert int(retry or first["retry"]) > 0
        assert first["event"] == "state" and "id" not in first
        state = first["data"]
        assert state["threshold"] == 12 and state["online"] is True
        assert isinstance(state["frame_count"], int) and isinstance(state["trigger_count"], int)


def test_motion(site):
    with site.events() as events:
        motion = events.wait("motion")
        assert motion["id"].isdigit()
        data = motion["data"]
        assert abs(time.time() - data["ts"]) < 5
        assert isinstance(data["count"], int) and data["count"] >= 1
        assert 12 < data["change"] <= 100 and round(data["change"], 1) == data["change"]
        assert data["threshold"] == 12
        assert data["saved"].startswith("motion-") and data["saved"].endswith(".jpg")
        following = events.wait("motion")
        assert int(following["id"]) > int(motion["id"])
        assert following["data"]["count"] > data["count"]
    picture = site.get("/snaps/" + data["saved"])
    assert picture.status_code == 200 and picture.content[:2] == b"\xff\xd8"


def test_saved_event(site):
    with site.events() as events, site.control() as control:
        events.wait("state")
        reply = control.ask({"cmd": "snapshot_now"})
        assert reply["ok"] is True
        saved = events.wait("saved", when=lambda data: data["name"] == reply["saved"].rpartition("/")[2])
        assert int(saved["id"]) == reply["event"]
        assert saved["data"]["cause"] == "manual" and saved["data"]["size"] == reply["size"]


def test_replay(site):
    with site.events() as events:
        motions = [events.wait("motion") for _ in range(2)]
    with site.events(last=motions[0]["id"]) as events:
        again = events.wait("motion")
        assert {k: again[k] for k in ("id", "data")} == {k: motions[1][k] for k in ("id", "data")}


def test_two_watchers_see_the_same(site):
    with site.events() as one, site.events() as two:
        one.wait("state"), two.wait("state")
        seen = [events.wait("motion") for events in (one, two)]
        assert seen[0]["id"] == seen[1]["id"] and seen[0]["data"] == seen[1]["data"]


@pytest.mark.parametrize("last", ["999999999", "x", "-1", "1-2", "99999999999999999999999"])
def test_gap(site, last):
    """An id that is unknown or from the future."""
    with site.events(last=last) as events:
        state = events.wait("state")
        assert state["data"]["gap"] is True


def test_no_gap_without_last_event_id(site):
    with site.events() as events:
        assert "gap" not in events.wait("state")["data"]


def test_two_dashboards_stay_in_step(site):
    with site.events() as events, site.control() as control:
        events.wait("state")
        began = time.monotonic()
        assert control.ask({"cmd": "set", "threshold": 33})["ok"] is True
        state = events.wait("state", when=lambda data: data["threshold"] == 33)
        assert time.monotonic() - began < 2
        assert state["data"]["threshold"] == 33
        assert site.post("/config", json={"threshold": 12}).json() == {"ok": True, "threshold": 12}
        events.wait("state", when=lambda data: data["threshold"] == 12)


def test_prompt(site):
    """An event is with the client as soon as it happens, not when a buffer is full."""
    with site.events() as events, site.control() as control:
        events.wait("state")
        for _ in range(3):
            asked = time.time()
            control.ask({"cmd": "snapshot_now"})
            saved = events.wait("saved", when=lambda data: data["cause"] == "manual")
            assert saved["at"] - asked < 1


def test_method(site):
    answer = site.post("/events")
    assert answer.status_code == 405 and "GET" in answer.headers["Allow"]


def test_camera_event(make_site, site, tmp_path):
    from pipe import Pipe
    pipe = Pipe(tmp_path / "fifo", [site.get("/snapshot.jpg").content])
    pipe.plug()
    piped = make_site(cameras={"cam": ["--source=pipe", f"--input={tmp_path}/fifo"]})
    piped.allow(r"warning: ")
    try:
        with piped.events() as events:
            events.wait("state")
            pipe.unplug()
            offline = events.wait("camera")
            assert offline["data"]["online"] is False and offline["data"]["reason"]
            assert offline["id"].isdigit()
            pipe.plug()
            online = events.wait("camera")
            assert online["data"]["online"] is True
            assert int(online["id"]) > int(offline["id"])
    finally:
        pipe.unplug()


def test_cap(make_site):
    site = make_site(fcgi=["--max-events=2", "--max-share=100"])
    with site.events() as one, site.events() as two:
        one.wait("state"), two.wait("state")
        with site.events() as three:
            # EventSource gives up for good after anything but 200; api.md asks for 503 + Retry-After.
            assert three.status == 503 and int(three.headers["retry-after"]) >= 1
    oriel.wait_for(lambda: site.status()["viewers"]["events"] == 0)
