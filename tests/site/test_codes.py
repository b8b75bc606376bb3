# SPDX-License-Identifier: ISC
"""Each error has its code beside its words, whichever way it came, and the code is in the published list."""
import json
import re

import pytest

import oriel

OPENAPI = json.loads((oriel.BUILD / "src/schema/openapi.json").read_text())
CODES = OPENAPI["components"]["schemas"]["error"]["properties"]["code"]["enum"]


def check(said, word, code):
    """`said` is an object of that code."""
    assert said[word] and said["code"] == code and code in CODES, said
    assert list(said).index("code") == list(said).index(word) + 1, said


@pytest.mark.parametrize("method, path, kw, code", [
    ("GET", "/nothing", {}, "not_found"), ("PUT", "/status", {}, "method_not_allowed"), ("GET", "/cam/porch/status", {}, "unknown_camera"),
    ("GET", "/snapshot.jpg?wait=x", {}, "bad_argument"), ("GET", "/snapshot.jpg?max_age=0", {}, "no_young_frame"),
    ("POST", "/config", {"json": {"nonsense": 1}}, "unknown_setting"), ("POST", "/config", {"json": {"threshold": 101}}, "bad_argument"),
    ("POST", "/config", {"json": {}}, "missing_argument"), ("POST", "/config", {"json": {"width": 640}}, "read_only"),
    ("POST", "/config", {"data": "{"}, "wrong_content_type"), ("POST", "/controls", {"json": {"nonsense": 1}}, "unknown_control"),
    ("DELETE", "/snaps/no-such.jpg", {}, "no_such_picture"), ("POST", "/api/login", {"json": {"user": "anna", "pass": "x"}}, "login_off"),
    ("POST", "/config", {"json": {}, "headers": {"Origin": "https://evil.example"}}, "foreign_origin"),
    ("GET", "/control", {}, "websocket_only"), ("POST", "/config", {"data": "x" * 20000}, "body_too_large"),      # nginx's own
])
def test_http(site, method, path, kw, code):
    site.allow("too large body")
    answer = site.request(method, path, **kw)
    assert answer.status_code >= 400
    check(answer.json(), "error", code)


WRONG = [({"cmd": "fly"}, "unknown_command"), ({"cmd": "set", "threshold": 101}, "bad_argument"), ({"cmd": "set", "nonsense": 1}, "unknown_setting"),
         ({"cmd": "status", "x": 1}, "unknown_argument"), ({"cmd": "snap_delete"}, "missing_argument"), ({"cmd": "set", "frame_count": 0}, "read_only")]


def test_control_socket_and_websocket(site):
    with site.control() as control:
        for command, code in WRONG:
            for reply in site.command(command), control.ask(command):
                check(reply, "error", code)
        for reply in site.command({"cmd": "snap_delete", "name": "no-such.jpg"}), control.ask({"cmd": "snap_delete", "name": "no-such.jpg"}):
            assert reply["ok"] is False
            check(reply, "reason", "no_such_picture")
        check(control.ask("not json"), "error", "bad_json")
    with site.control(headers={"Origin": "https://evil.example"}) as control:
        assert control.status == 403
        check(json.loads(control.body()), "error", "foreign_origin")
    with site.control("/cam/porch/control") as control:
        assert control.status == 404
        check(json.loads(control.body()), "error", "unknown_camera")


def test_a_camera_that_is_not_there(make_site):
    """Its reason crosses the control socket: state, /status and what asks for a picture have the same code."""
    site = make_site(cameras={"cam": ["--source=v4l2", "--device=/dev/no-such-camera"]}, ready=False)
    site.allow(r"warning: ")
    site.wait_up()
    status = oriel.wait_for(lambda: site.get("/status").json().get("code") == "no_camera" and site.status())
    check(status, "reason", "no_camera")
    with site.events() as events:
        state = events.wait("state")["data"]
    with site.control() as control:
        refused = control.ask({"cmd": "snapshot_now"})
    check(state, "reason", "no_camera")
    check(site.get("/readyz").json(), "error", "no_camera")
    check(refused, "reason", "no_frame")
    assert [event["data"].get("code") for event in site.get("/history?type=camera").json()][0] == "no_camera"


def test_nginx_has_the_codes_of_the_table():
    said = "".join((oriel.SOURCE / "nginx" / name).read_text() for name in ("oriel-http.conf.in", "oriel-locations.conf"))
    table = re.search(r"map \$status \$oriel_code \{(.*?)\}", said, re.S)[1]
    codes = re.findall(r"^\s+\w+ (\w+);", table, re.M) + re.findall(r'"code": "(\w+)"', said)
    assert len(codes) > 15 and set(codes) <= set(CODES), set(codes) - set(CODES)
    errors = re.search(r"map \$status \$oriel_error \{(.*?)\}", said, re.S)[1]
    assert re.findall(r"^\s+(\w+) ", errors, re.M) == re.findall(r"^\s+(\w+) ", table, re.M)
