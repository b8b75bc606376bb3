# SPDX-License-Identifier: ISC
"""A camera's page: /cam/NAME/, and what leads there."""
import re

import pytest

from people import PASSWORD, People


@pytest.fixture(scope="module", params=["", "/front-door"], ids=["root", "prefix"])
def two(request, sites):
    site = sites.new(cameras={"cam": [], "porch": ["--width=160", "--height=120"]}, mount=request.param)
    yield site.start()
    sites.end(site)


def test_it_is_the_dashboard_and_all_its_files_are_there(two):
    page = two.get("/cam/porch/")
    assert page.status_code == 200 and page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.text == two.get("/").text and page.headers["Cache-Control"] == "no-cache"
    assert page.headers["Content-Security-Policy"] == two.get("/").headers["Content-Security-Policy"]
    for link in re.findall(r'(?:href|src)="([^"#]+)"', page.text):
        answer = two.get(f"/cam/porch/{link}", stream=True)
        answer.close()
        assert answer.status_code == (303 if link == "login" else 200), link     # log-in is off
    assert two.get("/cam/porch/state.js").content == two.get("/state.js").content
    assert two.get("/cam/porch/session").json()["kind"] == "open"
    again = two.get("/cam/porch/", headers={"If-None-Match": page.headers["ETag"]})
    assert again.status_code == 304
    head = two.session.head(two.url("/cam/porch/"), timeout=5)
    assert head.status_code == 200 and head.headers["ETag"] == page.headers["ETag"]


@pytest.mark.parametrize("path", ["/cam/porch", "/?cam=porch", "/?cam=%70orch", "/?x=1&cam=porch", "/cam/porch?x=1"])
def test_what_leads_there(two, path):
    answer = two.get(path)
    assert answer.status_code == 303 and answer.headers["Location"] in (f"{two.mount}/cam/porch/", two.url("/cam/porch/"))


@pytest.mark.parametrize("path", ["/cam/shed/", "/cam/shed", "/?cam=shed", "/?cam=../x", "/?cam=cam/", "/cam/Porch/"])
def test_a_camera_that_is_not_there(two, path):
    answer = two.get(path)
    assert answer.status_code == 404 and answer.json() == {"error": "unknown camera", "code": "unknown_camera", "cameras": ["cam", "porch"]}


@pytest.mark.parametrize("path", ["/cam/porch/nothing.js", "/cam/porch/index.html", "/cam/porch/cam/porch/", "/cam/porch/../../nginx.conf",
                                  "/cam/porch/cam/porch/app.js", "/_page", "/cam/porch/_page"])
def test_what_is_not_there_either(two, path):
    answer = two.get(path)
    assert answer.status_code == 404 and answer.json()["error"] == "not found"


def test_only_to_be_looked_at(two):
    for method in ("POST", "DELETE", "PUT"):
        for path in "/cam/porch/", "/cam/porch":
            answer = two.request(method, path)
            assert answer.status_code == 405 and answer.headers["Allow"] == "GET, HEAD"


def test_one_is_led_back_there_when_one_has_logged_in(make_site):
    site = make_site(ready=False, login=True, mount="/front-door")
    people = People(site)
    people.add("anna", "operator")
    page = {"Accept": "text/html", "Sec-Fetch-Dest": "document"}
    led = site.get("/cam/cam/", headers=page)
    assert led.status_code == 303 and led.headers["Location"] == "/front-door/login?next=/front-door/cam/cam/"
    assert site.get("/cam/shed/", headers=page).status_code == 303          # a stranger is not told which there are
    # The page below /cam/cam/ asks there, by relative links.
    form = site.get("/cam/cam/login", params={"next": "/front-door/cam/cam/"})
    assert form.status_code == 200 and 'value="/front-door/cam/cam/"' in form.text
    answer = site.post("/login", data={"user": "anna", "pass": PASSWORD, "next": "/front-door/cam/cam/"}, headers={"Origin": site.origin})
    assert answer.status_code == 303 and answer.headers["Location"] == "/front-door/cam/cam/"
    assert site.get("/cam/cam/").status_code == 200
    assert site.get("/cam/cam/session").json()["user"] == "anna"
    assert site.post("/cam/cam/logout", headers={"Origin": site.origin}).status_code == 303
    assert site.get("/cam/cam/").status_code == 401


def test_browsers_ask_for_an_icon(two):
    """Where a page names none: for a picture or JSON in a window of its own."""
    icon = two.get("/favicon.ico")
    assert icon.status_code == 200 and icon.headers["Content-Type"] == "image/x-icon"
    assert icon.content[:4] == b"\0\0\1\0" and icon.content[4] == 3         # an ICO with three sizes
