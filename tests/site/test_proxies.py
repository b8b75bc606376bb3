# SPDX-License-Identifier: ISC
"""Behind other proxies: as docs/proxies.md sets them up, and with their defaults."""
import contextlib
import os
import pathlib
import re
import shutil
import struct
import threading
import time
import urllib.parse

import pytest
import requests

import oriel
import people
import proxies
import wire
from responder import Responder

NAME = "camera.example"
BULK = 1500000      # bytes of a picture: what is collected somewhere is soon seen
KERNELS_MB = 50     # six socket buffers of 4 and 6 MB at most (tcp_wmem, tcp_rmem), and some; 27 were seen


# ---- whose word counts: what nginx makes of it ------------------------------------

@pytest.fixture(scope="module")
def asked(sites):
    """asked(headers, source=…): what the worker is told."""
    site = sites.new(programs=["nginx"], trusted="127.0.0.1 2001:db8::/32").start(ready=False)
    responder = Responder(site.folder / "fcgi.sock")

    def ask(headers, source="127.0.0.1", path="/status"):
        before = len(responder.asked)
        with wire.Connection(site.port, path, headers={"Host": "inside", **headers}, source=source) as connection:
            connection.body()
        return responder.asked[before][0]
    oriel.wait_for(lambda: site.answers("/status"))
    yield ask
    sites.end(site)
    responder.close()


@pytest.mark.parametrize("headers, scheme, host, mount, address", [
    ({}, "http", "inside", "", "127.0.0.1"),
    ({"X-Forwarded-Proto": "https"}, "https", "inside", "", "127.0.0.1"),
    ({"X-Forwarded-Proto": "HTTPS", "X-Forwarded-Host": "cam.example:8443"}, "https", "cam.example:8443", "", "127.0.0.1"),
    ({"X-Forwarded-Proto": "http, https", "X-Forwarded-Host": "forged.example, cam.example"}, "https", "cam.example", "", "127.0.0.1"),
    ({"X-Forwarded-Proto": "wss"}, "https", "inside", "", "127.0.0.1"),
    ({"X-Forwarded-Proto": "gopher", "X-Forwarded-Host": ""}, "http", "inside", "", "127.0.0.1"),
    ({"X-Forwarded-Prefix": "/front-door"}, "http", "inside", "/front-door", "127.0.0.1"),
    ({"X-Forwarded-Prefix": "/a/b.c/"}, "http", "inside", "/a/b.c", "127.0.0.1"),
    ({"X-Forwarded-Prefix": "//evil.example"}, "http", "inside", "", "127.0.0.1"),
    ({"X-Forwarded-Prefix": "/a/../b"}, "http", "inside", "", "127.0.0.1"),
    ({"X-Forwarded-Prefix": "/a\"b"}, "http", "inside", "", "127.0.0.1"),
    ({"X-Forwarded-Prefix": "https://evil.example/"}, "http", "inside", "", "127.0.0.1"),
    ({"X-Forwarded-Prefix": "/" + "a" * 200}, "http", "inside", "", "127.0.0.1"),
    ({"X-Forwarded-For": "192.0.2.1"}, "http", "inside", "", "192.0.2.1"),
    ({"X-Forwarded-For": "203.0.113.5, 192.0.2.1"}, "http", "inside", "", "192.0.2.1"),
    ({"X-Forwarded-For": "203.0.113.5, 127.0.0.1"}, "http", "inside", "", "127.0.0.1"),
    ({"X-Forwarded-For": "2001:db8::7"}, "http", "inside", "", "2001:db8::7"),
    ({"X-Forwarded-For": "nonsense"}, "http", "inside", "", "127.0.0.1"),
])
def test_a_proxy_that_is_named_is_believed(asked, headers, scheme, host, mount, address):
    params = asked(headers)
    assert (params["REQUEST_SCHEME"], params["HTTP_HOST"], params.get("ORIEL_MOUNT", ""), params["REMOTE_ADDR"]) == (
        scheme, host, mount, address)


FORGED = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil", "X-Forwarded-For": "192.0.2.1",
          "Forwarded": "for=192.0.2.1;proto=https;host=evil.example", "X-Real-IP": "192.0.2.1", "X-Forwarded-Server": "evil.example"}


def test_anybody_else_is_not(asked):
    params = asked(FORGED, source="127.0.0.2")
    assert params["REQUEST_SCHEME"] == "http" and params["HTTP_HOST"] == "inside" and params["REMOTE_ADDR"] == "127.0.0.2"
    assert "ORIEL_MOUNT" not in params and "ORIEL_PREFIX" not in params
    assert not [value for value in params.values() if "192.0.2.1" in value or "evil" in value]


@pytest.mark.parametrize("addresses, refused", [
    ([f"2001:db8:1:2::{n:x}" for n in range(1, 31)], True),         # one household
    ([f"2001:db8:1:{n:x}::1" for n in range(1, 31)], False),
    (["::ffff:192.0.2.77", "192.0.2.77"] * 15, True),
    ([f"::ffff:192.0.2.{n}" for n in range(1, 31)], False)])
def test_limits_count_networks(sites, addresses, refused):
    """nginx's own limit on log-in: 20 at once and 30 a minute."""
    site = sites.new(programs=["nginx"], trusted="127.0.0.1").start(ready=False)
    responder = Responder(site.folder / "fcgi.sock")
    oriel.wait_for(lambda: site.answers("/status"))
    site.allow("limiting requests")
    statuses = [site.post("/login", data="x", headers={"X-Forwarded-For": address}).status_code for address in addresses]
    assert (429 in statuses) == refused
    sites.end(site)
    responder.close()


# ---- real ones ------------------------------------------------------------------------

def feed(path, picture, stop):
    """Ten pictures a second, at no cost."""
    with contextlib.suppress(BrokenPipeError), open(path, "wb", buffering=0) as fifo:
        while not stop.wait(0.1):
            fifo.write(picture)


@pytest.fixture(scope="module")
def home():
    """A site with log-in that knows its proxies. Others' programs come and go, so nobody's descriptors are counted."""
    folder = pathlib.Path(os.popen("mktemp -d /tmp/oriel-fifo-XXXXXX").read().strip())
    fifo, stop = folder / "fifo", threading.Event()
    os.mkfifo(fifo)
    site = oriel.Site(trusted="127.0.0.1", login=True, cameras={"cam": [], "bulk": ["--source=pipe", f"--input={fifo}", "--no-motion"]},
                      fcgi=["--default-camera=cam"], ws=["--default-camera=cam"])
    site.start(ready=False)
    home = people.People(site)
    home.add("anna", "operator")
    home.token = people.bearer(home.ctl("token", "add", "viewer")["token"])
    oriel.wait_for(lambda: site.get("/cam/cam/snapshot.jpg", headers=home.token).status_code == 200)
    small = site.get("/cam/cam/snapshot.jpg", headers=home.token).content
    comment = b"\xff\xfe" + struct.pack(">H", 60002) + b" " * 60000
    threading.Thread(target=feed, args=(fifo, small[:2] + comment * (BULK // 60000) + small[2:], stop), daemon=True).start()
    oriel.wait_for(lambda: site.get("/cam/bulk/snapshot.jpg", headers=home.token).status_code == 200)
    yield home
    stop.set()
    site.stop()
    shutil.rmtree(site.folder)
    shutil.rmtree(folder)


@contextlib.contextmanager
def before(home, name, **kw):
    front = proxies.Front(name, home.site, **kw).start()
    try:
        yield front
    finally:
        front.end()
        shutil.rmtree(front.folder)


@pytest.fixture(scope="module", params=proxies.NAMES)
def front(home, request):
    with before(home, request.param) as front:
        yield front


def visit(front, method, path, headers=None, source=None, **kw):
    """As a browser that knows us as camera.example."""
    session = requests.Session()
    session.trust_env = False
    adapter = requests.adapters.HTTPAdapter()
    if source:
        adapter.init_poolmanager(1, 1, source_address=(source, 0))
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    url = f"{'https' if front.tls else 'http'}://127.0.0.1:{front.port}{front.below}{path}"
    if front.tls:
        adapter.init_poolmanager(1, 1, ssl_context=front.tls, server_hostname=NAME, assert_hostname=False,
                                 **({"source_address": (source, 0)} if source else {}))
        session.verify = str(front.folder / "certificate.pem")
    return session.request(method, url, headers={"Host": host(front), **(headers or {})}, allow_redirects=False, timeout=20, **kw)


def host(front):
    return f"{NAME}:{front.port}"


def origin(front):
    return f"https://{host(front)}"


def log_in(front, **kw):
    form = {"user": "anna", "pass": people.PASSWORD, "next": f"{front.below}/"}
    return visit(front, "POST", "/login", headers={"Origin": origin(front)}, data=form, **kw)


def open_at(kind, front, path, headers=None, **kw):
    headers = {"Host": host(front), **(headers or {})}
    if front.tls:
        kw["tls"] = Named(front.tls)
    return kind(front.port, front.below + path, headers=headers, **kw)


class Named:
    """Asks for camera.example by SNI: Caddy goes by it."""

    def __init__(self, context):
        self.context = context

    def wrap_socket(self, sock, server_hostname):
        return self.context.wrap_socket(sock, server_hostname=NAME)


def test_log_in_and_save(home, front):
    """Over TLS, with the Origin of a browser that says nothing else of where it comes from."""
    answer = log_in(front)
    assert answer.status_code == 303 and answer.headers["Location"] == "/"
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-oriel=") and re.search("; Secure", cookie)
    browser = {"Cookie": cookie.split(";")[0], "Origin": origin(front)}
    assert visit(front, "POST", "/config", headers=browser, json={"threshold": 17}).json() == {"ok": True, "threshold": 17}
    assert visit(front, "GET", "/session", headers=browser).json()["site"] == origin(front)
    foreign = visit(front, "POST", "/config", headers=browser | {"Origin": "https://evil.example"}, json={"threshold": 1})
    assert foreign.status_code == 403 and foreign.json()["code"] == "foreign_origin"
    with open_at(wire.WebSocket, front, "/control", headers=browser) as control:
        assert control.status == 101 and control.ask({"cmd": "set", "threshold": 12})["ok"]
        assert control.ask({"cmd": "get"})["threshold"] == 12
    with open_at(wire.WebSocket, front, "/cam/cam/control", headers=browser | {"Origin": "https://evil.example"}) as control:
        assert control.status == 403


def test_page(home, front):
    answer = visit(front, "GET", "/", headers={"Accept": "text/html"})
    assert answer.status_code == 303 and answer.headers["Location"] == "/login?next=/"
    page = visit(front, "GET", "/", headers=home.token)
    assert page.status_code == 200 and 'id="stream"' in page.text
    assert visit(front, "GET", "/snapshot.jpg", headers=home.token).content[:2] == b"\xff\xd8"


def test_what_its_clients_make_up(home, front):
    """The name, the prefix and the address that a client of the proxy sends do not count."""
    forged = FORGED | {"Accept": "text/html"}
    assert visit(front, "GET", "/", headers=forged).headers["Location"] == "/login?next=/"
    answer = visit(front, "GET", "/session", headers=FORGED | home.token).json()
    assert answer["site"] == origin(front)
    visit(front, "POST", "/api/login", headers=FORGED, json={"user": "anna", "pass": f"wrong {front.name}"}, source="127.0.0.9")
    told = oriel.wait_for(lambda: re.findall(r"(\S+): wrong password for anna", home.site["oriel-fcgi"].log.read_text()))
    assert told[-1] == "127.0.0.9"


def test_events_at_once(home, front):
    """The best of three: the first may have to start something."""
    took = []
    for _ in range(3):
        began = time.monotonic()
        with open_at(wire.Events, front, "/events", headers=home.token) as events:
            events.next()
            took.append(time.monotonic() - began)
            assert events.wait("pulse", 5)
    assert min(took) < 0.2, took


def test_live_picture(home, front):
    with open_at(wire.Stream, front, "/stream.jpg", headers=home.token) as stream:
        ages = [part["whole"] - part["stamp"] for part in stream.parts(15)]
    assert sorted(ages)[7] < 0.5


def collected(home, front):
    """MB of pictures that wait somewhere for a viewer who reads nothing for a while: until one is skipped."""
    with open_at(wire.Stream, front, "/cam/bulk/stream.jpg", headers=home.token, receive_buffer=65536) as stream:
        before = stream.part()["stamp"]
        time.sleep(5)
        for count in range(1, 60):
            stamp = stream.part()["stamp"]
            if stamp - before > 0.7:
                break
            before = stamp
    return BULK * count / 1e6


def test_nothing_is_collected_for_a_slow_viewer(home, front):
    """Of 5 s and 75 MB only what the kernels hold."""
    assert collected(home, front) < KERNELS_MB


# ---- with their defaults ------------------------------------------------------------------

@pytest.fixture(scope="module", params=list(proxies.PLAIN))
def plain(home, request):
    with before(home, request.param, plain=True) as front:
        yield front


def test_defaults(home, plain):
    took = []
    for _ in range(3):
        began = time.monotonic()
        with open_at(wire.Events, plain, "/events", headers=home.token) as events:
            events.next()
            took.append(time.monotonic() - began)
    assert min(took) < 0.2, took
    assert collected(home, plain) < KERNELS_MB
    assert visit(plain, "GET", "/", headers=home.token).status_code == 200


# ---- below a prefix that the proxy strips -----------------------------------------------------

@pytest.mark.parametrize("name", list(proxies.BELOW))
def test_stripped_prefix(home, name):
    with before(home, name, below="/front-door") as front:
        answer = visit(front, "GET", "/?a=1", headers={"Accept": "text/html"})
        assert answer.status_code == 303
        assert answer.headers["Location"] == "/front-door/login?next=" + urllib.parse.quote("/front-door/?a=1")
        page = visit(front, "GET", "/login").text
        assert 'action="/front-door/login"' in page and 'href="/front-door/login.css"' in page
        answer = log_in(front)
        assert answer.status_code == 303 and answer.headers["Location"] == "/front-door/"
        browser = {"Cookie": answer.headers["Set-Cookie"].split(";")[0], "Origin": origin(front)}
        with open_at(wire.WebSocket, front, "/control", headers=browser) as control:
            saved = control.ask({"cmd": "snapshot_now"})
        assert saved["ok"] and visit(front, "GET", "/" + saved["url"], headers=browser).content[:2] == b"\xff\xd8"
        assert visit(front, "POST", "/logout", headers=browser).headers["Location"] == "/front-door/login"
