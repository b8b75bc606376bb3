# SPDX-License-Identifier: ISC
"""The clock on the wall is set by an hour, forwards and backwards, under all four programs."""
import time

import faults
import oriel

HOUR = 3600


def test_the_clock_is_set(make_site):
    site = make_site(cameras={"cam": ["--fps=20", "--testcard-period=1000", "--cooldown=300", "--motion-gap=200"]},
                     prepare=lambda site: faults.preload(site, *site.daemons))
    ids = []
    with site.stream() as stream, site.events() as events, site.control() as control:
        stream.part(), events.wait("motion")
        for hours in (1, 0, -1):
            for program in site.faults.values():
                program.set_clock(hours * HOUR)
            began, off = time.monotonic(), hours * HOUR
            def right(ts):
                return abs(ts - time.time() - off) < 2
            oriel.wait_for(lambda: right(stream.part()["stamp"]), patience=4, pause=0)      # behind those on their way
            assert all(right(part["stamp"]) for part in stream.parts(10))
            assert time.monotonic() - began < 4
            motion = events.wait("motion", patience=5, when=lambda data: right(data["ts"]))
            ids.append(int(motion["id"]))
            pulse = events.wait("pulse", patience=3)["data"]
            assert right(pulse["ts"]) and 0 <= pulse["age_ms"] < 500 and 15 < pulse["fps"] < 25
            status = site.get("/status").json()
            assert status["online"] and not status["stale"] and status["frame_age_ms"] < 500 and 0 < status["uptime"] < 120
            picture = site.get("/snapshot.jpg")
            assert right(float(picture.headers["X-Timestamp"]))
            tag = picture.headers["ETag"].strip('"')
            asked = time.monotonic()
            assert site.get(f"/snapshot.jpg?after={tag}&wait=5000").status_code == 200
            assert site.get("/snapshot.jpg?max_age=1000").status_code == 200
            assert time.monotonic() - asked < 1
            saved = control.ask({"cmd": "snapshot_now"})
            assert saved["ok"] and right(int(saved["name"].split("-")[1].split(".")[0]))
            ids.append(saved["event"])
            assert site.get("/snaps/").json()[0]["name"] == saved["name"] or "motion" in site.get("/snaps/").json()[0]["name"]
            assert time.monotonic() - began < 12
    assert ids == sorted(set(ids))
    with site.events(last=ids[0]) as events:
        again = [events.next() for _ in range(len(ids))]
    assert [int(event["id"]) for event in again if "id" in event][:1] == [ids[0] + 1]
