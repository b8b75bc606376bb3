# SPDX-License-Identifier: ISC
"""Which names the site answers to while nobody has to log in (DNS rebinding), and pages of other sites."""
import socket

import pytest

EVIL = ["evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "evil.local", "[::1"]
OURS = ["127.0.0.1", "localhost:8080", "192.168.1.7:8080", "[::1]:8080", "[2001:db8::7]", "camera", socket.gethostname(),
        f"{socket.gethostname().split('.')[0]}.local", f"{socket.gethostname().split('.')[0]}.lan:81"]
# All routes of a camera; the log-in's own pages say nothing while it is off.
READ = ["/status", "/snapshot.jpg", "/stream.jpg", "/events", "/config", "/history", "/snaps/", "/controls", "/readyz", "/session",
        "/cam/cam/status", "/nothing"]


@pytest.mark.parametrize("host", EVIL)
def test_a_page_whose_name_points_here(site, host):
    """Its visitor's browser takes us for its own server: Host and Origin are both that page's."""
    headers = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
    for path in READ:
        answer = site.get(path, headers=headers)
        assert answer.status_code in (400, 403), path
        assert answer.status_code == 400 or (answer.json()["code"], answer.json()["host"]) == ("unknown_host", host)
    for method, path in ("POST", "/config"), ("POST", "/controls"), ("DELETE", "/snaps/a.jpg"):
        answer = site.request(method, path, json={"threshold": 99}, headers=headers)
        assert answer.status_code in (400, 403)
    assert site.get("/config").json()["threshold"] != 99
    with site.control(headers=headers) as control:
        assert control.status in (400, 403)


@pytest.mark.parametrize("host", OURS)
def test_our_own_names(site, host):
    headers = {"Host": host, "Origin": f"http://{host}"}
    assert site.get("/status", headers=headers).status_code == 200
    assert site.post("/config", json={"threshold": 12}, headers=headers).status_code == 200


def test_whoever_lives_may_say_so(site):
    """/healthz answers everybody: a monitor in a container may use any name."""
    assert site.get("/healthz", headers={"Host": "oriel.monitor.example"}).status_code == 200


def test_names_that_are_allowed(make_site):
    site = make_site(hosts="cam.example Porch.example")
    for host, status in ("cam.example", 200), ("CAM.example:8443", 200), ("porch.example.", 200), ("evil.example", 403):
        assert site.get("/status", headers={"Host": host}).status_code == status
    other = make_site(hosts="*")
    assert other.get("/status", headers={"Host": "evil.example"}).status_code == 200


def test_the_name_in_the_site_file(make_site):
    site = make_site(prepare=lambda site: rename(site, "front.example"))
    assert site.get("/status", headers={"Host": "front.example:81"}).status_code == 200
    assert site.get("/status", headers={"Host": "evil.example"}).status_code == 403


def rename(site, name):
    conf = site.folder / "oriel.conf"
    conf.write_text(conf.read_text().replace("server_name _;", f"server_name {name};"))


def test_with_log_in_only_by_wish(make_site):
    """A browser sends no cookie to another name. And somebody who has named his site in DNS need not do it again here."""
    site = make_site(login=True)
    assert site.get("/status", headers={"Host": "cam.example"}).status_code == 401
    strict = make_site(login=True, hosts="cam.example")
    assert strict.get("/healthz", headers={"Host": "evil.example"}).status_code == 200


def test_a_page_of_others_is_told_what_to_set(site):
    answer = site.post("/config", json={"threshold": 1}, headers={"Origin": "https://cam.example"})
    assert answer.status_code == 403
    assert answer.json() | {"advice": ""} == {"error": "this page may not change anything here", "code": "foreign_origin",
                                              "origin": "https://cam.example", "site": site.origin, "advice": ""}
    assert "trusted_proxies" in answer.json()["advice"] and "allow_origins" in answer.json()["advice"]


# Requests for other camera servers: a page in answer would be taken for a picture.
@pytest.mark.parametrize("path", ["/?action=stream", "/?action=snapshot", "/?action=stream_0", "/?action=command&id=1", "/?x=1&action=stream",
                                  "/?ACTION=stream", "/index.html?action=stream", "/webcam/?action=stream", "/webcam/?action=snapshot", "/cam/cam/?action=stream",
                                  "/cam/cam?action=stream", "/?action=stream&cam=cam", "/?action=a|b",
                                  "//?action=stream", "/stream", "/snapshot", "/video", "/0/stream", "/api/stream.mjpeg?src=cam"])
def test_requests_of_clients_of_others(site, path):
    answer = site.get(path)
    assert answer.status_code == 404 and answer.json()["error"] == "not found"
    assert site.session.head(site.url(path), timeout=5).status_code == 404


@pytest.mark.parametrize("path", ["/", "/?cam=", "/?action=", "/?fbclid=1", "/index.html", "/cam/cam/", "/cam/cam/?action="])
def test_the_page_is_still_the_page(site, path):
    answer = site.session.get(site.url(path), timeout=5)
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("wanted, status, chosen", [
    ("oriel", 101, "oriel"), ("chat, oriel", 101, "oriel"), (None, 101, None), ("mjpeg", 400, None), ("Oriel", 400, None)])
def test_subprotocols(site, wanted, status, chosen):
    with site.control(headers={"Sec-WebSocket-Protocol": wanted}) as control:
        assert control.status == status and control.headers.get("sec-websocket-protocol") == chosen
        if status == 101:
            assert control.ask({"cmd": "get"})["threshold"] > 0
        else:
            assert b"oriel" in control.body()


def test_a_page_can_ask_whether_it_is_welcome(make_site):
    """A browser does not say why a WebSocket was refused."""
    site = make_site(fcgi=["--allow-origins=https://front.example"])
    ours = site.origin
    for origin, word in (ours, "ok"), ("https://front.example", "ok"), (ours.replace("http:", "https:"), "refused"), ("null", "refused"):
        answer = site.get("/session", params={"origin": origin}).json()
        assert (answer["origin"], answer["site"]) == (word, ours)
    assert "origin" not in site.get("/session").json()
    assert site.get("/session?origin=a&origin=b").status_code == 400
