# SPDX-License-Identifier: ISC
"""nginx's own answers: pages, headers, and error texts when the workers are down."""
import socket

import pytest

import oriel

API = ["/status", "/snapshot.jpg", "/stream.jpg", "/events", "/config", "/snaps/", "/snaps/a.jpg", "/history",
       "/healthz", "/readyz", "/controls", "/cam/cam/status", "/cam/cam/snapshot.jpg", "/nothing"]


def wait_for_worker(site):
    """nginx accepts before its worker is there, and what the worker has open is compared with this moment."""
    oriel.wait_for(lambda: site.answers("/app.js"))


@pytest.fixture(scope="module", params=["", "/front-door"], ids=["root", "prefix"])
def alone(request, sites, tmp_path_factory):
    html = tmp_path_factory.mktemp("html")
    (html / "index.html").write_text("<!doctype html><title>x</title>")
    (html / "app.js").write_text("export const x = 1;\n" * 200)
    site = sites.new(mount=request.param, programs=["nginx"], html=html).start(ready=False)
    wait_for_worker(site)
    yield site
    sites.end(site)


def test_pages(alone):
    page = alone.get("/")
    assert page.status_code == 200 and page.text.startswith("<!doctype html>")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Cache-Control"] == "no-cache"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "same-origin"
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "frame-ancestors 'self'" in policy and "unsafe" not in policy
    again = alone.get("/", headers={"If-None-Match": page.headers["ETag"]})
    assert again.status_code == 304 and "unsafe" not in again.headers["Content-Security-Policy"]
    script = alone.get("/app.js")
    assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert script.headers["Content-Encoding"] == "gzip"
    assert "Server" in page.headers and "/" not in page.headers["Server"]


@pytest.mark.parametrize("path", API)
def test_worker_down(alone, path):
    alone.outage()
    alone.allow(r"no live upstreams")
    for method in ("GET", "POST", "DELETE", "HEAD"):
        answer = alone.request(method, path)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "1"
        assert answer.headers["Content-Type"] == "application/json"
        if method != "HEAD":
            assert answer.json() == {"error": "camera site worker not running", "code": "no_worker"}


def test_control_worker_down(alone):
    alone.outage()
    with alone.control() as control:
        assert control.status == 503
        assert control.headers["retry-after"] == "1"
        assert control.body() == b'{"error": "camera site worker not running", "code": "no_worker"}'


def test_control_is_for_websockets(alone):
    answer = alone.get("/control")
    assert answer.status_code == 426 and answer.headers["Upgrade"] == "websocket"
    assert answer.json() == {"error": "websocket only", "code": "websocket_only"}
    assert alone.get("/control", headers={"Upgrade": "h2c", "Connection": "Upgrade"}).status_code == 426


@pytest.mark.parametrize("path", ["/elsewhere/control", "/cam/Bad%0d%0aX-Evil:1/control", "/cam/../x/control", "/control%0a"])
def test_control_elsewhere(alone, path):
    alone.outage()
    assert alone.get(path).status_code == 503     # the worker would say 404


def test_method_on_a_page(alone):
    answer = alone.post("/app.js", data=b"x")
    assert answer.status_code == 405 and answer.headers["Allow"] == "GET, HEAD"
    assert answer.json() == {"error": "method not allowed", "code": "method_not_allowed"}


def test_body_too_large(alone):
    alone.allow("client intended to send too large body")
    answer = alone.post("/config", data=b"{" + b" " * 16384, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413 and answer.json() == {"error": "request body too large", "code": "body_too_large"}


def test_insides_cannot_be_asked_for(alone):
    alone.outage()
    state = alone.state / "cam/snaps"
    state.mkdir(parents=True, exist_ok=True)
    (state / "secret.jpg").write_bytes(b"secret")
    for path in ("/_snaps/cam/secret.jpg", "/-/worker", "/-/error", "/-/down"):
        answer = alone.get(path)
        assert answer.status_code in (404, 503) and b"secret" not in answer.content
        assert "error" in answer.json()


@pytest.mark.parametrize("text, status", [
    (b"GET / HTTP/1.1\r\n\r\n", 400),
    (b"nonsense\r\n\r\n", 400),
    (b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    (b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 9000 + b"\r\n\r\n", 400),
    (b"TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", 405),
])
def test_bad_requests(alone, text, status):
    with socket.create_connection(("127.0.0.1", alone.port), timeout=5) as client:
        client.sendall(text)
        answer = b""
        while b"}" not in answer:
            piece = client.recv(65536)
            if not piece:
                break
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d" % status)
    assert b"application/json" in head and body.startswith(b'{"error": "')


def test_outside_the_prefix(make_site):
    site = make_site(ready=False, mount="/front-door", programs=["nginx"])
    wait_for_worker(site)
    site.allow(r"open\(\) .* failed")
    assert site.session.get(site.origin + "/status", timeout=5).status_code == 404


@pytest.mark.parametrize("embed, pictures, ancestors", [
    ("same-origin", "same-origin", "'self'"), ("same-site", "same-site", "'self'"), ("anyone", "cross-origin", "*")])
def test_embed(make_site, embed, pictures, ancestors):
    site = make_site(ready=False, embed=embed, programs=["nginx"])
    site.outage()
    wait_for_worker(site)
    picture = site.get("/snapshot.jpg")
    assert picture.headers["Cross-Origin-Resource-Policy"] == pictures
    assert picture.headers["Content-Security-Policy"].endswith(f"frame-ancestors {ancestors}")
    assert site.get("/status").headers["Cross-Origin-Resource-Policy"] == "same-origin"
