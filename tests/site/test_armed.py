# SPDX-License-Identifier: ISC
"""Motion counts when it is armed, by hand or by a schedule in the machine's time zone."""
import datetime
import time
import zoneinfo

import oriel

ZONE = "Asia/Kolkata"       # half an hour beside any other


def refused(answer):
    assert answer.status_code == 400
    return answer.json()["error"]


def test_not_armed(make_site):
    site = make_site(cameras={"cam": ["--fps=20", "--testcard-period=600", "--cooldown=0", "--motion-gap=100"]}, env={"TZ": ZONE})
    with site.events() as events:
        assert events.wait("state")["data"]["armed_now"] is True
        events.wait("motion")
        assert site.post("/config", json={"armed": "no"}).json() == {"ok": True, "armed": "no"}
        assert events.wait("state", when=lambda data: data["armed"] == "no")["data"]["armed_now"] is False
        events.wait("pulse")
        status, pulses = site.status(), [events.wait("pulse")["data"] for _ in range(2)]
        assert status["armed_now"] is False and status["armed_until"] is None
        assert all(pulse["held"] == "not armed" and pulse["change"] > pulse["threshold"] for pulse in pulses)
        assert site.status()["triggers"] == status["triggers"] and site.status()["snaps"] == status["snaps"]
        newest = site.get("/history?type=motion&limit=1").json()[0]["id"]

        schedule(site)
        assert int(events.wait("motion")["id"]) > newest


def schedule(site):
    assert refused(site.post("/config", json={"armed": "schedule", "schedule": "sat, mond"})) == \
        'schedule, column 6: "mond" is no day (mon to sun, or a range as fri-mon)'
    assert site.get("/config").json()["armed"] == "no"
    begin = datetime.datetime.now(zoneinfo.ZoneInfo(ZONE)).replace(second=0, microsecond=0)
    end = begin + datetime.timedelta(hours=2)
    words = f"{begin:%H:%M}-{end:%H:%M}"
    assert site.post("/config", json={"armed": "schedule", "schedule": words}).json()["schedule"] == words
    status = site.status()
    assert status["armed_now"] is True and status["armed_until"] == end.timestamp(), (status["armed_until"] - time.time())
    assert oriel.wait_for(lambda: site.status()["motion"]["held"] != "not armed")
