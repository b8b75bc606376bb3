# SPDX-License-Identifier: ISC
"""What the tutorial's index.html and app.js do, in their order: a page written for that
camera works unchanged when it is put in place of html/."""
import json

import pytest

INDEX = """<!doctype html><html><head><meta charset="utf-8"><title>Backyard cam</title>
<link rel="stylesheet" href="style.css"></head><body><h1>Backyard cam</h1><img id="stream" src="/stream.jpg">
<label>Threshold: <input id="threshold" type="range" min="0" max="100"><span id="threshold-value"></span></label>
<h2>Recent events</h2><ul id="events"></ul><script src="app.js"></script></body></html>"""


@pytest.fixture(scope="module")
def tutorial(sites, tmp_path_factory):
    html = tmp_path_factory.mktemp("html")
    for parent in (html, *html.parents[:3]):
        parent.chmod(0o755)
    (html / "index.html").write_text(INDEX)
    (html / "app.js").write_text("// the tutorial's\n")
    (html / "style.css").write_text("body { max-width: 720px; }\n")
    site = sites.new(html=html).start()
    yield site
    sites.end(site)


def test_page_and_its_files(tutorial):
    assert tutorial.get("/index.html").text == INDEX
    assert tutorial.get("/").text == INDEX
    assert tutorial.get("/app.js").headers["Content-Type"].startswith("text/javascript")
    assert tutorial.get("/style.css").headers["Content-Type"].startswith("text/css")


def test_picture(tutorial):
    with tutorial.stream() as stream:
        assert stream.headers["content-type"] == "multipart/x-mixed-replace; boundary=frame"
        assert stream.part()["jpeg"][:2] == b"\xff\xd8"


def test_threshold(tutorial):
    assert tutorial.get("/config").json()["threshold"] == 12
    answer = tutorial.post("/config", data=json.dumps({"threshold": 25}), headers={"Content-Type": "application/json"})
    assert answer.json() == {"ok": True, "threshold": 25}
    assert tutorial.post("/config", json={"threshold": 12}).status_code == 200


def test_motion_events(tutorial):
    with tutorial.events() as events:
        motion = events.wait("motion")["data"]
        assert isinstance(motion["ts"], (int, float)) and isinstance(motion["count"], int)
        assert isinstance(motion["change"], (int, float))


def test_buttons(tutorial):
    with tutorial.control() as control:
        saved = control.ask({"cmd": "snapshot_now"})
        assert saved["ok"] is True and "/snaps/manual-" in saved["saved"]
        assert control.ask({"cmd": "reset"}) == {"ok": True, "counters": "reset"}
        assert control.ask("not json") == {"error": "bad json", "code": "bad_json"}
        assert control.ask({"cmd": "dance"}) == {"error": "unknown command", "code": "unknown_command"}


def test_counters(tutorial):
    status = tutorial.get("/status").json()
    assert isinstance(status["frames"], int) and isinstance(status["triggers"], int)
    config = tutorial.get("/config").json()
    assert isinstance(config["frame_count"], int) and isinstance(config["trigger_count"], int)
