# SPDX-License-Identifier: ISC
import json

import pytest

import oriel
import routetable

ROUTES = {"/status": "GET", "/snapshot.jpg": "GET", "/stream.jpg": "GET", "/events": "GET", "/config": "GET, POST",
          "/snaps/": "GET", "/history": "GET", "/healthz": "GET", "/readyz": "GET"}


@pytest.mark.parametrize("path", ["/nothing", "/status/", "/statusx", "/cam", "/cam/", "/cam/cam/nothing", "/snaps",
                                  "/foo/status", "/cam/cam/cam/cam/status", "/index.php", "/app.js.map"])
def test_unknown_path(site, path):
    for method in ("GET", "POST", "DELETE", "PUT"):
        answer = site.request(method, path)
        assert answer.status_code == 404, method
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.json() == {"error": "not found", "code": "not_found", "path": path}


@pytest.mark.parametrize("path, shown", [
    ("/a%22b", '/a"b'), ("/a%5cb", "/a\\b"), ("/%3Cscript%3E", "/<script>"), ("/a%0ab", "/a\nb"), ("/%01", "/\x01"),
    ("/%e2%82%ac", "/€")])
def test_path_is_escaped(site, path, shown):
    answer = site.get(path)
    assert answer.status_code == 404 and answer.json()["path"] == shown


def test_path_that_is_no_text(site):
    answer = site.get("/%ff%fe")
    assert answer.status_code == 404 and answer.json()["error"] == "not found"


def test_every_row_of_the_table_is_answered(site):
    """By its handler, and the worker that answers survives."""
    before = oriel.children(site["oriel-fcgi"].pid)
    for row in routetable.rows():
        for prefix in "", "/cam/cam":
            with site.request(row.method, prefix + row.path, stream=True, allow_redirects=False) as answer:
                wanted = {"EVENT": [404], "SNAP": [404], "DELETE_SNAP": [404], "CLIP": [404], "DELETE_CLIP": [404], "KEEP_SNAP": [404, 415], "KEEP_CLIP": [404, 415], "API_LOGIN": [404, 415]}.get(row.id, [200, 303, 415])
                assert answer.status_code in wanted, (row, answer.status_code)
    assert oriel.children(site["oriel-fcgi"].pid) == before


def test_what_is_a_cameras_needs_one(site):
    for row in routetable.rows():
        with site.request(row.method, "/cam/porch" + row.path, stream=True, allow_redirects=False) as answer:
            unknown = answer.status_code == 404 and answer.json().get("error") == "unknown camera"
            assert unknown == (row.scope == "CAMERA" or row.id == "PAGE"), row


@pytest.mark.parametrize("path", ROUTES)
def test_wrong_method(site, path):
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"):
        answer = site.request(method, path)
        assert answer.status_code == 405
        allow = {m.strip() for m in answer.headers["Allow"].split(",")}
        assert set(ROUTES[path].split(", ")) <= allow and method not in allow
        assert answer.json()["error"]


def test_unknown_camera(site):
    answer = site.get("/cam/porch/status")
    assert answer.status_code == 404
    assert answer.json()["cameras"] == ["cam"]


def test_two_cameras(make_site):
    site = make_site(cameras={"cam": [], "porch": ["--width=160", "--height=120"]}, fcgi=["--default-camera=cam"])
    oriel.wait_for(lambda: site.get("/cam/porch/snapshot.jpg").status_code == 200)
    assert site.get("/cam/porch/status").json()["width"] == 160
    assert site.get("/cam/cam/status").json()["width"] == 320
    assert site.get("/status").json()["camera"] == "cam"
    assert sorted(site.get("/cam/x/status").json()["cameras"]) == ["cam", "porch"]
    with site.control("/cam/porch/control") as control:
        assert control.ask({"cmd": "status"})["camera"] == "porch"
        saved = control.ask({"cmd": "snapshot_now"})
    assert site.get("/cam/porch/snaps/" + saved["name"]).status_code == 200
    assert site.get("/snaps/" + saved["name"]).status_code == 404
    with site.stream("/cam/porch/stream.jpg") as stream:
        stream.parts(2)


def test_forged_headers_do_not_pass(site):
    """Whatever headers a client invents, the worker's answer is the same."""
    forged = {"Remote-User": "root", "X-Oriel-Role": "operator", "X-Forwarded-For": "1.2.3.4", "Proxy": "http://evil/",
              "X-Accel-Redirect": "/_snaps/cam/x.jpg", "Oriel-Path": "/config", "Script-Name": "/x"}
    assert set(site.get("/status", headers=forged).json()) == set(site.get("/status").json())


def test_dashboard_is_a_file(site):
    page = site.get("/")
    assert page.status_code == 200 and 'id="stream"' in page.text
    for element in ("threshold", "threshold-value", "events", "snap-btn", "reset-btn"):
        assert f'id="{element}"' in page.text


def test_many_at_once(site):
    """Kept connections, pipelined clients, many threads: every answer belongs to its question."""
    import concurrent.futures

    def ask(number):
        answer = site.get(f"/no/{number}")
        return answer.status_code == 404 and json.loads(answer.content)["path"] == f"/no/{number}"
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        assert all(pool.map(ask, range(600)))
