# SPDX-License-Identifier: ISC
"""Motion has a beginning and an end, whatever comes between."""
import signal

import oriel
from pipe import Pipe

LONG = "--motion-gap=60000"     # it does not end by itself


def test_motion_begins_and_ends(site):
    """One of each, in turns, and one picture; the test card crosses the picture in a second."""
    with site.events() as events:
        begun = events.wait("motion")
        span = oriel.wait_for(lambda: site.get("/status").json()["motion"]["span"])
        assert span["since"] == begun["data"]["ts"] and 12 < span["peak"] <= 100
        following = [events.wait(kind) for kind in ("motion_end", "motion")]
    end, data = following[0], following[0]["data"]
    assert int(begun["id"]) < int(end["id"]) < int(following[1]["id"])
    assert data["motion"] == int(begun["id"]) and "reason" not in data and "cut" not in data
    assert 0.3 < data["seconds"] < 2 and begun["data"]["change"] <= data["peak"] <= 100
    assert begun["data"]["ts"] <= data["peak_ts"] <= begun["data"]["ts"] + data["seconds"] + 0.1 < data["ts"]
    past = site.get(f"/history?after={int(begun['id']) - 1}&limit=1000").json()
    past = [event for event in past if event["id"] <= int(following[1]["id"])]
    assert [event["type"] for event in past if "motion" in event["type"]] == ["motion", "motion_end", "motion"]
    assert sum(event["data"].get("motion") == int(begun["id"]) and event["type"] == "saved" for event in past) == 1
    assert site.get("/history?type=motion_end&limit=1").json()[0]["type"] == "motion_end"
    with site.events(last=begun["id"]) as events:
        again = events.wait("motion_end")
        assert again["id"] == end["id"] and again["data"] == data


def test_orield_is_killed_meanwhile(make_site):
    """What moved then is closed at the next start, once."""
    site = make_site(cameras={"cam": [LONG]})
    site.outage()
    site.restarts = {"orield", "oriel-fcgi"}
    with site.events() as events:
        begun = events.wait("motion")
        site["orield"].kill()
        site["orield"].start()
        end = events.wait("motion_end")
        assert end["data"]["cut"] is True and end["data"]["motion"] == int(begun["id"])
        assert end["data"]["peak"] == begun["data"]["change"] and end["data"]["peak_ts"] == begun["data"]["ts"]
        again = events.wait("motion")
    # Stopped in peace it says why.
    site.restart("orield", signal.SIGTERM)
    with site.events(last=again["id"]) as events:
        end = events.wait("motion_end")["data"]
        assert end["motion"] == int(again["id"]) and "stopped" in end["reason"] and "cut" not in end


def test_the_camera_goes_meanwhile(make_site, site, tmp_path):
    with site.stream() as stream:
        pictures = [part["jpeg"] for part in stream.parts(60)]
    pipe = Pipe(tmp_path / "fifo", pictures)
    pipe.plug()
    try:
        piped = make_site(cameras={"cam": ["--source=pipe", f"--input={tmp_path}/fifo", LONG]})
        piped.allow(r"warning: ")
        with piped.events() as events:
            begun = events.wait("motion")
            pipe.unplug()
            end = events.wait("motion_end")
            gone = events.wait("camera")
            assert end["data"]["motion"] == int(begun["id"])
            assert {name: end["data"].get(name) for name in ("reason", "code")} == {name: gone["data"].get(name) for name in ("reason", "code")}
            assert int(end["id"]) < int(gone["id"])
    finally:
        pipe.unplug()
