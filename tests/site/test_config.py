# SPDX-License-Identifier: ISC
import json

import pytest

import oriel

JSON = {"Content-Type": "application/json"}


def test_get(site):
    answer = site.get("/config")
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/json"
    config = answer.json()
    assert config["threshold"] == 12
    assert isinstance(config["frame_count"], int) and isinstance(config["trigger_count"], int)
    assert config["cooldown"] == 500 and config["save_on_motion"] is True and config["quality"] == 80
    sources = config["sources"]
    assert sources["cooldown"] == "command line" and sources["quality"] == "default"
    assert sources["threshold"] == "set"        # by the warming up


def test_get_describes_the_settings(site):
    """Enough to draw a form: each value fits its description."""
    config = site.get("/config").json()
    described = {setting["name"]: setting for setting in config["settings"]}
    assert list(described) == [setting["name"] for setting in config["settings"]]
    assert set(described) == set(config["sources"])
    for name, setting in described.items():
        value = config[name]
        assert setting["label"] and setting["group"] and setting["help"].endswith("."), setting
        if setting["type"] in ("integer", "number"):
            assert setting["min"] <= value <= setting["max"] and setting["step"] == {"integer": 1, "number": 0.1}[setting["type"]]
        else:
            assert {"boolean": isinstance(value, bool), "choice": value in setting.get("choices", ()),
                    "text": isinstance(value, str)}[setting["type"]], setting


def test_live_settings_are_those_that_can_be_set(site):
    for setting in site.get("/config").json()["settings"]:
        name, error = setting["name"], site.post("/config", json={setting["name"]: None}).json()["error"]
        assert error.startswith(f"{name} must be ") if setting["live"] else error == f"{name} is read-only"


def test_set(site):
    answer = site.post("/config", json={"threshold": 20})
    assert answer.status_code == 200 and answer.json() == {"ok": True, "threshold": 20}
    config = site.get("/config").json()
    assert config["threshold"] == 20 and config["sources"]["threshold"] == "set"
    for value in (0, 100, 12):
        assert site.post("/config", json={"threshold": value}).json() == {"ok": True, "threshold": value}


@pytest.mark.parametrize("body, error", [
    ({}, "missing threshold"),
    ({"threshold": "20"}, "threshold must be an integer"),
    ({"threshold": 20.0}, "threshold must be an integer"),
    ({"threshold": 12.9}, "threshold must be an integer"),
    ({"threshold": True}, "threshold must be an integer"),
    ({"threshold": None}, "threshold must be an integer"),
    ({"threshold": [1]}, "threshold must be an integer"),
    ({"threshold": 101}, "threshold out of range"),
    ({"threshold": -1}, "threshold out of range"),
    ({"threshold": 2**63 - 1}, "threshold out of range"),
    ({"quality": 0}, "quality out of range"),
    ({"save_on_motion": 1}, "save_on_motion must be true or false"),
    ({"nonsense": 1}, "unknown setting nonsense"),
    ({"camera": "x"}, "camera is read-only"),
    ({"state_dir": "/tmp"}, "state_dir is read-only"),
    ({"frame_count": 0}, "frame_count is read-only"),
])
def test_refused(site, body, error):
    before = site.get("/config").json()
    answer = site.post("/config", json=body)
    code = {"missing": "missing_argument", "unknown": "unknown_setting"}.get(error.split()[0])
    code = code or ("read_only" if error.endswith("read-only") else "bad_argument")
    assert answer.status_code == 400 and answer.json() == {"error": error, "code": code}
    after = site.get("/config").json()
    assert {k: before[k] for k in ("threshold", "quality")} == {k: after[k] for k in ("threshold", "quality")}


def test_tenths_for_who_asks(site):
    assert site.post("/config", json={"threshold": 0.6}).json() == {"error": "threshold must be an integer", "code": "bad_argument"}
    assert site.post("/config", json={"threshold": 0.6, "tenths": True}).json() == {"ok": True, "threshold": 0.6}
    assert site.get("/config").json()["threshold"] == 0.6
    assert site.get("/status").json()["motion"]["threshold"] == 0.6
    assert site.post("/config", json={"threshold": 12.0, "tenths": True}).json() == {"ok": True, "threshold": 12}
    assert site.get("/config").text.count('"threshold":12,') + site.get("/config").text.count('"threshold": 12,') == 1


def test_all_or_nothing(site):
    answer = site.post("/config", json={"threshold": 50, "quality": 999})
    assert answer.status_code == 400 and answer.json() == {"error": "quality out of range", "code": "bad_argument"}
    assert site.get("/config").json()["threshold"] == 12


def test_several_at_once(site):
    answer = site.post("/config", json={"threshold": 13, "noise": 17})
    assert answer.json() == {"ok": True, "threshold": 13, "noise": 17}
    assert site.post("/config", json={"threshold": 12, "noise": 16}).status_code == 200


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"12", b'"x"', b"null", b'{"threshold": 1} x', b"\xff\xfe",
                                  b'{"threshold": 1, "threshold": 2}', b'{"threshold": 99999999999999999999}',
                                  b"[" * 5000, b'{"a":' * 2500], ids=lambda body: repr(body[:32]))
def test_bad_json(site, body):
    answer = site.post("/config", data=body, headers=JSON)
    assert answer.status_code == 400 and answer.json() == {"error": "bad json", "code": "bad_json"}


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", None,
                                  "application/jsonx"])
def test_other_content_type(site, kind):
    answer = site.post("/config", data=b'{"threshold": 1}', headers={"Content-Type": kind})
    assert answer.status_code == 415 and "error" in answer.json()


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON"])
def test_content_type_as_people_write_it(site, kind):
    assert site.post("/config", data=b'{"threshold": 12}', headers={"Content-Type": kind}).status_code == 200


def test_size_limit(site):
    body = json.dumps({"threshold": 12}).encode()
    assert site.post("/config", data=body.ljust(16384), headers=JSON).status_code == 200
    site.allow("client intended to send too large")
    for data in (body.ljust(16385), iter([body.ljust(10000), b" " * 10000])):
        answer = site.post("/config", data=data, headers=JSON)
        assert answer.status_code == 413 and "error" in answer.json()


def test_method(site):
    answer = site.request("DELETE", "/config")
    assert answer.status_code == 405
    assert {m.strip() for m in answer.headers["Allow"].split(",")} >= {"GET", "POST"}


def test_survives_kill_and_precedence(make_site, tmp_path):
    """Command line, then what was set here, then the file, then the default."""
    conf = tmp_path / "cam.conf"
    conf.write_text("threshold = 40\nnoise = 20\n")
    site = make_site(cameras={"cam": [f"--config={conf}", "--quality=70"]})
    config = site.get("/config").json()
    assert (config["threshold"], config["noise"], config["quality"]) == (40, 20, 70)
    assert config["sources"]["threshold"] == "file"
    assert site.post("/config", json={"threshold": 41, "quality": 60}).status_code == 200
    assert site.get("/config").json()["quality"] == 60
    site.restart("orield")
    oriel.wait_for(lambda: site.get("/config").status_code == 200)
    config = site.get("/config").json()
    assert (config["threshold"], config["noise"], config["quality"]) == (41, 20, 70)
    assert (config["sources"]["threshold"], config["sources"]["quality"]) == ("set", "command line")
