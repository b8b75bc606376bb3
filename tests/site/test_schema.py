# SPDX-License-Identifier: ISC
"""The OpenAPI file and the schema of events, against what the programs really say.

What is published allows for fields to come; here the objects are closed, so that a field nobody has
described is found as well."""
import json
import pathlib
import socket

import jsonschema
import pytest

import oriel
import routetable
from nodes import plug, with_camera
from people import PASSWORD, bearer, inhabited

OPENAPI = json.loads((oriel.BUILD / "src/schema/openapi.json").read_text())
EVENTS = json.loads((oriel.BUILD / "src/schema/events.schema.json").read_text())
JSON = "application/json"


def closed(schema):
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    out = {key: closed(value) for key, value in schema.items()}
    return {**out, "additionalProperties": False} if isinstance(out.get("properties"), dict) and "type" in out else out


COMPONENTS, LINE = closed(OPENAPI["components"]), closed(EVENTS)


def check(schema, value):
    validator = jsonschema.Draft202012Validator(schema)
    problem = jsonschema.exceptions.best_match(validator.iter_errors(value))
    assert problem is None, f"{problem.json_path}: {problem.message} in {json.dumps(value)[:500]}"


def check_answer(answer, method, path):
    """An answer, whatever it is, is one of those the file names; what is JSON is as it says."""
    responses = OPENAPI["paths"][path][method.lower()]["responses"]
    status = str(answer.status_code)
    assert status in responses or answer.status_code >= 400, (method, path, status)
    response = responses.get(status, responses["default"])
    if "$ref" in response:
        response = OPENAPI["components"]["responses"][response["$ref"].rpartition("/")[2]]
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    assert kind in response.get("content", [""]), (method, path, status, kind)
    if kind == JSON:
        check({**closed(response["content"][kind]["schema"]), "components": COMPONENTS}, answer.json())
        assert status < "400" or "code" in answer.json(), (method, path, answer.json())


def ask(site, method, path, name=None, query="", **kw):
    """`path` as the file has it."""
    with site.request(method, path.replace("{name}", name or "no-such.jpg") + query, stream=True, **kw) as answer:
        check_answer(answer, method, path)
        return answer.status_code


# ---- the files ------------------------------------------------------------------------------


def operations():
    return {(method.upper(), path) for path, item in OPENAPI["paths"].items() for method in item}


def test_every_route_is_there():
    assert operations() == {(row.method, row.path.replace("no-such.jpg", "{name}")) for row in routetable.rows()}
    for row in routetable.rows():
        operation = OPENAPI["paths"][row.path.replace("no-such.jpg", "{name}")][row.method.lower()]
        assert operation["x-role"] == row.role.lower() and operation["summary"] == row.summary
        assert (operation["security"] == []) == (row.role == "NONE")


def schemas(part):
    """All schemas of the OpenAPI file."""
    if isinstance(part, list):
        for item in part:
            yield from schemas(item)
    elif isinstance(part, dict):
        for key, value in part.items():
            if key == "schema":
                yield value
            else:
                yield from schemas(value)


def test_schemas_are_schemas():
    found = [EVENTS, *OPENAPI["components"]["schemas"].values(), *schemas(OPENAPI["paths"])]
    assert len(found) > 30
    for schema in found:
        jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("wrong", [
    {"event": "motion", "id": 1, "data": {"ts": 1.5}},                                          # something is missing
    {"event": "deleted", "data": {"name": "a.jpg", "why": "somebody"}},                         # nobody knows this
    {"event": "deleted", "data": {"name": 1}}, {"event": "deleted", "id": 3, "data": {"name": "a.jpg"}},
    {"event": "nonsense", "data": {}}, {"event": "ring"}])
def test_what_is_wrong_is_refused(wrong):
    with pytest.raises(AssertionError):
        check(LINE, wrong)


# ---- answers ----------------------------------------------------------------------------------


def saved(site):
    with site.control() as control:
        reply = control.ask({"cmd": "snapshot_now"})
    assert reply["ok"], reply
    return reply["name"]


RECORDED = ["--source=testcard", "--width=320", "--height=240", "--fps=20", "--record=no", "--clip-before=0"]


def recorded(site):
    """The data of the event `clip`."""
    with site.events() as events:
        oriel.wait_for(lambda: site.command({"cmd": "record", "seconds": 1}).get("ok"))
        event = events.wait("clip", 30)
    check(LINE, line(event))
    return event["data"]


def test_every_route_answers_as_it_says(make_site, sites, dev):
    asked = set()

    def good(site, method, path, wanted=200, **kw):
        assert ask(site, method, path, **kw) == wanted
        asked.add((method, path))

    site = with_camera(make_site, dev, "modes=yuyv:320x240@20 card=Desk")
    name = saved(site)
    for path in ("/status", "/snapshot.jpg", "/stream.jpg", "/events", "/config", "/snaps/", "/history", "/controls", "/readyz",
                 "/healthz", "/session", "/"):
        good(site, "GET", path)
    good(site, "GET", "/", 303, query="?cam=cam")
    good(site, "GET", "/stream.jpg", headers={"Accept": "application/octet-stream"})
    good(site, "GET", "/session", query=f"?origin={site.origin}")
    good(site, "GET", "/export", query="?to=1000")
    good(site, "GET", "/login", 303)
    good(site, "GET", "/snaps/{name}", name=name)
    good(site, "POST", "/snaps/{name}", name=name, json={"keep": True})
    good(site, "DELETE", "/snaps/{name}", name=name)
    tag = site.get("/snapshot.jpg").headers["ETag"].strip('"')
    good(site, "GET", "/snapshot.jpg", 204, query=f"?after={tag.partition('-')[0]}-999999&wait=1")
    config = {key: value for key, value in site.get("/config").json().items()
              if key in OPENAPI["paths"]["/config"]["post"]["requestBody"]["content"][JSON]["schema"]["properties"]}
    good(site, "POST", "/config", json=config)
    good(site, "POST", "/config", json={"threshold": 0.6, "tenths": True}, headers={"Idempotency-Key": "a key of this test"})
    good(site, "POST", "/controls", json={"brightness": 100, "white_balance_automatic": False, "pan_reset": True})
    with site.events() as events:
        motion = events.wait("motion")
    good(site, "GET", "/events/{name}", name=motion["id"])
    good(site, "POST", "/api/ack", json={"count": motion["data"]["count"]}, headers={"Idempotency-Key": "one more key"})
    good(site, "POST", "/logout", 303)
    site = make_site(cameras={"cam": RECORDED}, records=[])
    url = recorded(site)["url"]
    good(site, "GET", "/clips/")
    good(site, "GET", "/clips/{name}", name=url.removeprefix("clips/"))
    good(site, "POST", "/clips/{name}", name=url.removeprefix("clips/"), json={"keep": True})
    good(site, "DELETE", "/clips/{name}", name=url.removeprefix("clips/"))
    with inhabited(sites) as people:
        good(people.site, "GET", "/login")
        good(people.site, "POST", "/login", 303, data={"user": "anna", "pass": PASSWORD})
        good(people.site, "POST", "/login", 401, data={"user": "anna", "pass": "wrong"})
        good(people.site, "POST", "/api/login", json={"user": "anna", "pass": PASSWORD})
        good(people.site, "GET", "/session", headers=bearer(people.token("looker")))
    assert asked == operations()


@pytest.mark.parametrize("method, path, status, kw", [
    ("GET", "/snapshot.jpg", 400, {"query": "?wait=x"}), ("GET", "/stream.jpg", 400, {"query": "?fps=0"}),
    ("GET", "/export", 400, {"query": "?from=x"}),
    ("GET", "/snaps/{name}", 404, {}), ("DELETE", "/snaps/{name}", 404, {"headers": {"Idempotency-Key": "another key, long"}}),
    ("GET", "/", 404, {"query": "?cam=porch"}), ("POST", "/config", 400, {"json": {"threshold": "x"}}),
    ("POST", "/config", 415, {"data": "x"}), ("POST", "/config", 413, {"data": "x" * 20000}),
    ("POST", "/config", 403, {"json": {"threshold": 12}, "headers": {"Origin": "https://evil.example"}}),
    ("GET", "/status", 403, {"headers": {"Host": "evil.example"}}), ("POST", "/controls", 400, {"json": {"nonsense": 1}}),
    ("POST", "/api/login", 404, {"json": {"user": "anna", "pass": "x"}})])
def test_refusals(site, method, path, status, kw):
    site.allow("too large body")
    assert ask(site, method, path, **kw) == status


def test_what_can_not_be_had_now(make_site):
    site = make_site(cameras={"cam": ["--source=v4l2", "--device=/dev/no-such-camera"]}, ready=False)
    site.allow(r"warning: ")
    site.wait_up()
    oriel.wait_for(lambda: site.get("/status").status_code == 200)
    assert ask(site, "GET", "/status") == 200 and site.status()["frame_age_ms"] is None
    for path in "/snapshot.jpg", "/readyz":
        assert ask(site, "GET", path) == 503
    site.outage()
    site["orield"].stop()
    for path in "/status", "/config", "/history", "/controls":
        assert ask(site, "GET", path) == 503
    with site.events() as events:
        check(LINE, line(events.wait("state")))
    site["orield"].start()
    site.wait_up()


def test_query_parameters_are_those_of_the_table(site):
    """What the file says fits, fits; one beyond it is refused."""
    for path, item in OPENAPI["paths"].items():
        for parameter in item.get("get", {"parameters": []})["parameters"]:
            schema = parameter["schema"]
            if parameter["in"] != "query" or schema["type"] != "integer":
                continue
            for value in schema["minimum"], schema.get("maximum", schema["minimum"]):
                assert ask(site, "GET", path, query=f"?{parameter['name']}={value}") in (200, 503), (parameter, value)
            beyond = [schema["minimum"] - 1, "x", *([schema["maximum"] + 1] if "maximum" in schema else [])]
            for value in beyond:
                assert ask(site, "GET", path, query=f"?{parameter['name']}={value}") == 400, (parameter, value)
    names = {parameter["name"] for parameter in OPENAPI["paths"]["/history"]["get"]["parameters"]}
    assert names == {"before", "after", "limit", "from", "to", "type"}


# ---- events --------------------------------------------------------------------------------------


def line(event):
    """A Server-Sent Event, as a line of the control socket."""
    return {"event": event["event"], "data": event["data"], **({"id": int(event["id"])} if "id" in event else {})}


def kinds(*, numbered=False):
    rows = EVENTS["oneOf"]
    return {row["properties"]["event"]["const"] for row in rows if not numbered or "id" in row["properties"]}


def test_every_event_is_as_it_says(make_site, dev):
    site = with_camera(make_site, dev, "modes=yuyv:320x240@20 card=Desk")
    site.allow("warning: ")
    heard = set()
    with site.events() as events, socket.socket(socket.AF_UNIX) as control:
        control.settimeout(oriel.PATIENCE)
        control.connect(str(site.folder / "cam/control.sock"))
        local = control.makefile("rb")

        def take(kind):
            event = {}
            while event.get("event") != kind:
                event = events.next()
                if "event" in event:
                    check(LINE, line(event))
                    heard.add(event["event"])

        take("state"), take("pulse")
        name = saved(site)
        take("saved")
        site.request("DELETE", f"/snaps/{name}")
        take("deleted")
        site.post("/controls", json={"brightness": 30})
        take("controls")
        control.sendall(b'{"cmd":"subscribe"}\n{"cmd":"attach"}\n')
        for _ in range(2):
            assert json.loads(local.readline())["ok"]
        (pathlib.Path(dev) / "video0").unlink()
        take("camera")
        plug(dev, "modes=yuyv:640x480@20 card=Desk")
        take("camera")
        while "ring" not in heard:
            told = json.loads(local.readline())
            check(LINE, told)
            heard.add(told["event"])
    assert heard | {"motion", "motion_end", "clip", "record"} == kinds()      # these: below


def test_the_past_is_as_it_says(site):
    """Motion comes from the test card, "camera" from its start."""
    with site.events() as events:
        motion = events.wait("motion")
        check(LINE, line(motion))
        check(LINE, line(events.wait("saved")))
        check(LINE, line(events.wait("motion_end")))
    listed = site.get("/history?limit=1000").json()
    schema = {**closed(OPENAPI["paths"]["/history"]["get"]["responses"]["200"]["content"][JSON]["schema"]), "components": COMPONENTS}
    check(schema, listed)
    assert {event["type"] for event in listed} <= kinds(numbered=True)
    for kind in kinds(numbered=True):
        alone = site.get(f"/history?type={kind}").json()
        check(schema, alone)
        assert {event["type"] for event in alone} == {kind} - {"clip"}      # nobody records here
    for kind in sorted(kinds() - kinds(numbered=True)) + ["nonsense"]:
        assert site.get(f"/history?type={kind}").status_code == 400
