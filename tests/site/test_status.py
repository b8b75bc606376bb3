# SPDX-License-Identifier: ISC
import oriel


def test_status(site):
    answer = site.get("/status")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    status = answer.json()
    assert isinstance(status["frames"], int) and status["frames"] > 0
    assert isinstance(status["triggers"], int)
    assert status["camera"] == "cam" and status["online"] is True and status["reason"] == ""
    assert status["source"] == "testcard"
    assert (status["width"], status["height"]) == (320, 240)
    assert 0 <= status["frame_age_ms"] < 2000
    assert status["uptime"] > 0
    assert set(status["viewers"]) == {"stream", "events", "control"}
    assert set(status["snaps"]) == {"count", "bytes"}
    assert status["version"]


def test_numbers_are_live(site):
    first = site.get("/status").json()["frames"]
    oriel.wait_for(lambda: site.get("/status").json()["frames"] > first)


def test_measured_rate(site):
    oriel.wait_for(lambda: 16 <= site.get("/status").json()["fps"] <= 24)


def viewers(site):
    return site.get("/status").json()["viewers"]


def test_viewers_are_counted_and_gone_within_a_second(site):
    oriel.wait_for(lambda: viewers(site) == {"stream": 0, "events": 0, "control": 0})
    stream, events, control = site.stream(), site.events(), site.control()
    oriel.wait_for(lambda: viewers(site) == {"stream": 1, "events": 1, "control": 1}, patience=3)
    for connection in (stream, events, control):
        connection.close()
    oriel.wait_for(lambda: viewers(site) == {"stream": 0, "events": 0, "control": 0}, patience=1.5)


def test_health(site):
    assert site.get("/healthz").status_code == 200
    assert site.get("/readyz").status_code == 200


def test_same_as_the_control_socket_says(site):
    over_http, over_socket = site.get("/status").json(), site.status()
    assert set(over_http) == set(over_socket)


def test_named_camera(site):
    assert site.get("/cam/cam/status").json()["camera"] == "cam"


def test_head(site):
    answer = site.request("HEAD", "/status")
    assert answer.status_code == 200 and answer.content == b""
