# SPDX-License-Identifier: ISC
"""Everything below a prefix, beside another site."""
import pytest


@pytest.fixture(scope="module")
def prefixed(sites):
    site = sites.new(mount="/front-door").start()
    yield site
    sites.end(site)


def test_every_route(prefixed):
    assert prefixed.get("/").status_code == 200
    for path in ("/status", "/config", "/history", "/snaps/", "/healthz", "/readyz", "/snapshot.jpg", "/cam/cam/status"):
        assert prefixed.get(path).status_code == 200, path
    assert prefixed.post("/config", json={"threshold": 12}).status_code == 200
    with prefixed.stream() as stream:
        stream.parts(2)
    with prefixed.events() as events:
        events.wait("state")


def test_saved_picture(prefixed):
    with prefixed.control() as control:
        reply = control.ask({"cmd": "snapshot_now"})
    assert prefixed.get("/" + reply["url"]).status_code == 200
    assert prefixed.get("/cam/cam/" + reply["url"]).status_code == 200
    assert prefixed.request("DELETE", "/" + reply["url"]).status_code == 200


def test_not_found_names_the_path_below(prefixed):
    assert prefixed.get("/nothing").json() == {"error": "not found", "code": "not_found", "path": "/nothing"}
