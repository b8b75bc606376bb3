# SPDX-License-Identifier: ISC
"""/control through nginx; frames and handshakes one by one are in test_ws_*.py."""
import re
import time

import pytest

import oriel


@pytest.fixture
def control(site):
    with site.control() as control:
        assert control.status == 101
        yield control


def test_snapshot_now(site, control):
    reply = control.ask({"cmd": "snapshot_now"})
    assert reply["ok"] is True
    assert re.search(r"/snaps/manual-\d+(-\d+)?\.jpg$", reply["saved"])
    assert reply["size"] > 1000 and reply["event"] > 0
    picture = site.get("/" + reply["url"])
    assert picture.status_code == 200 and len(picture.content) == reply["size"]


def test_reset(site, control):
    with site.events() as events:
        events.wait("motion")
        frames = site.get("/config").json()["frame_count"]
        assert control.ask({"cmd": "reset"}) == {"ok": True, "counters": "reset"}
        events.wait("state", when=lambda data: data["trigger_count"] == 0)
        assert site.get("/config").json()["frame_count"] >= frames


@pytest.mark.parametrize("message", ["", "x", "[]", "12", '"x"', "null", "{", '{"cmd": "reset"} x', b"\xff\xfe"])
def test_bad_json(control, message):
    assert control.ask(message) == {"error": "bad json", "code": "bad_json"}
    assert control.ask({"cmd": "get"})["threshold"] == 12      # the connection stays


@pytest.mark.parametrize("message", [{}, {"cmd": "nonsense"}, {"cmd": 1}, {"cmd": None}, {"cmd": ["reset"]},
                                     {"cmd": "subscribe"}, {"cmd": "attach"}, {"cmd": "viewers"}, {"CMD": "reset"}])
def test_unknown_command(control, message):
    assert control.ask(message) == {"error": "unknown command", "code": "unknown_command"}
    assert control.ask({"cmd": "get"})["threshold"] == 12


def test_binary_message(control):
    assert control.ask(b'{"cmd": "get"}')["threshold"] == 12


def test_set(control):
    assert control.ask({"cmd": "set", "threshold": 20}) == {"ok": True, "threshold": 20}
    assert control.ask({"cmd": "set", "threshold": 101}) == {"error": "threshold out of range", "code": "bad_argument"}
    assert control.ask({"cmd": "set", "threshold": "1"}) == {"error": "threshold must be an integer", "code": "bad_argument"}
    assert control.ask({"cmd": "set"}) == {"error": "missing threshold", "code": "missing_argument"}
    assert control.ask({"cmd": "get"})["threshold"] == 20
    assert control.ask({"cmd": "set", "threshold": 12})["ok"] is True


def test_at_key_press_rate(control):
    began = time.monotonic()
    for value in [*range(1, 60), 12]:
        assert control.ask({"cmd": "set", "threshold": value}) == {"ok": True, "threshold": value}
    assert time.monotonic() - began < 5


def test_status(site, control):
    assert set(control.ask({"cmd": "status"})) == set(site.get("/status").json())


@pytest.mark.parametrize("number", [7, "seven", 0, -3])
def test_id_comes_back(control, number):
    assert control.ask({"cmd": "get", "id": number})["id"] == number
    assert control.ask({"cmd": "nonsense", "id": number}) == {"error": "unknown command", "code": "unknown_command", "id": number}


def test_replies_in_order(control):
    for number in range(50):
        control.send_frame(control.TEXT, b'{"cmd": "%s", "id": %d}' % (b"get" if number % 2 else b"nonsense", number))
    import json
    for number in range(50):
        opcode, payload = control.frame()
        assert json.loads(payload)["id"] == number


def test_message_limit(control):
    fits = b'{"cmd": "get"}'.ljust(16384)
    assert control.ask(fits)["threshold"] == 12
    control.send_frame(control.TEXT, fits + b" ")
    assert control.closed() == 1009


def test_not_utf8(control):
    control.send_frame(control.TEXT, b'{"cmd": "\xff"}')
    assert control.closed() == 1007


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1.evil.example"])
def test_other_origin(site, origin):
    with site.control(headers={"Origin": origin}) as control:
        assert control.status == 403 and b"error" in control.body()


def test_goodbye(make_site):
    """1001 to all at SIGTERM."""
    site = make_site()
    site.outage()
    controls = [site.control() for _ in range(3)]
    site["oriel-ws"].stop()
    for control in controls:
        assert control.closed() == 1001
        control.close()
    site["oriel-ws"].start()
    with oriel.wait_for(lambda: welcome(site)):
        pass


def welcome(site):
    control = site.control()
    return control if control.status == 101 else control.close()
