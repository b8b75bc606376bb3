# SPDX-License-Identifier: ISC
"""The log-in's part of nginx, against a responder of the test's own: who is asked, how often,
and what passes."""
import socket
import threading

import pytest

import oriel
from responder import Responder

WELCOME = (b"Status: 204\r\nX-Oriel-Role: viewer\r\nX-Oriel-User: anna\r\nX-Oriel-Kind: session\r\n"
           b"X-Oriel-Grant: 0123456789abcdef0123456789abcdef\r\n\r\n")
STRANGER = b"Status: 401\r\n\r\n"
HERE = b"Content-Type: text/plain\r\n\r\nhere"
REFUSED = b"Status: 401\r\nContent-Type: application/json\r\n\r\n{\"error\": \"log in first\"}"
FORGED = {"X-Oriel-Role": "operator", "X-Oriel-User": "root", "X-Oriel-Grant": "f" * 32, "X-Oriel-Kind": "token",
          "X-Oriel-Refusal": "429 9", "Oriel-Role": "operator", "ORIEL-TASK": "auth", "Oriel_Role": "operator",
          "Remote-User": "root", "X-Forwarded-User": "root", "Authorization-Role": "operator"}


class Gate:
    """nginx, and a responder that knows everybody, or nobody."""

    def __init__(self, site):
        self.site = site
        self.responder = Responder(site.folder / "fcgi.sock")
        self.welcome, self.here, self.refused = WELCOME, HERE, REFUSED
        self.responder.answer = self.answer

    def answer(self, params):
        return [{"auth": self.welcome, "refused": self.refused}.get(params.get("ORIEL_TASK"), self.here)]

    def ask(self, method, path, **kw):
        """(answer, what was asked of the worker in order)"""
        del self.responder.asked[:]
        reply = self.site.request(method, path, **kw)
        return reply, [params for params, _, _ in self.responder.asked]


@pytest.fixture(scope="module", params=["", "/front-door"], ids=["root", "prefix"])
def module_gate(request, sites):
    site = sites.new(mount=request.param, programs=["nginx"], login=True).start(ready=False)
    gate = Gate(site)
    oriel.wait_for(lambda: answers(site))
    yield gate
    sites.end(site)
    gate.responder.close()


def answers(site):
    try:
        return site.get("/status").status_code == 200
    except oriel.requests.ConnectionError:
        return False


@pytest.fixture
def gate(module_gate):
    module_gate.welcome, module_gate.here, module_gate.refused = WELCOME, HERE, REFUSED
    return module_gate


@pytest.mark.parametrize("method, path, worker", [
    ("GET", "/", 0), ("GET", "/app.js", 0), ("GET", "/index.html", 0), ("POST", "/app.js", 0), ("GET", "/status", 1),
    ("GET", "/snapshot.jpg", 1), ("GET", "/stream.jpg", 1), ("GET", "/events", 1), ("POST", "/config", 1), ("GET", "/snaps/", 1),
    ("GET", "/nothing", 1), ("GET", "/cam/porch/readyz", 1), ("GET", "/session", 1), ("DELETE", "/nothing/at/all", 1)])
def test_asked_once(gate, method, path, worker):
    """Whichever way a request takes inside nginx, the handler at its end knows who it is."""
    _, asked = gate.ask(method, path)
    tasks = [params.get("ORIEL_TASK") for params in asked]
    assert tasks == ["auth"] + [None] * worker
    for params in asked[1:]:
        assert params["ORIEL_ROLE"] == "viewer" and params["ORIEL_USER"] == "anna" and params["ORIEL_KIND"] == "session"
        assert params["ORIEL_GRANT"] == "0123456789abcdef0123456789abcdef" and params["ORIEL_PATH"] == path


def test_asked_once_for_a_saved_picture(gate):
    folder = gate.site.state / "porch/snaps"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a-1.jpg").write_bytes(b"picture")
    for name, status in ("a-1", 200), ("b-1", 404):
        gate.here = b"X-Accel-Redirect: %s/_snaps/porch/%s.jpg\r\nX-Oriel-Cors: 1\r\n\r\n" % (
            gate.site.mount.encode(), name.encode())
        reply, asked = gate.ask("GET", f"/cam/porch/snaps/{name}.jpg", headers={"Origin": "https://dash.example"})
        assert reply.status_code == status and [params.get("ORIEL_TASK") for params in asked] == ["auth", None]
        assert reply.headers["Access-Control-Allow-Origin"] == "https://dash.example"


def test_cors_headers_are_nginx_own(gate):
    gate.here = b"X-Oriel-Cors: 1\r\n\r\nhere"
    reply, _ = gate.ask("GET", "/status", headers={"Origin": "https://dash.example"})
    assert reply.headers["Access-Control-Allow-Origin"] == "https://dash.example" and "Origin" in reply.headers["Vary"]
    assert reply.headers["Access-Control-Allow-Credentials"] == "true" and "X-Oriel-Cors" not in reply.headers
    gate.here = HERE
    reply, _ = gate.ask("GET", "/status", headers={"Origin": "https://dash.example"})
    assert not [name for name in reply.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize("method, path", [("GET", "/healthz"), ("GET", "/login"), ("POST", "/login"), ("POST", "/logout"),
                                          ("POST", "/api/login"), ("GET", "/login.css"), ("GET", "/icon.svg"), ("GET", "/favicon.ico")])
def test_open(gate, method, path):
    gate.welcome = STRANGER
    reply, asked = gate.ask(method, path)
    assert reply.status_code == 200 and not [params for params in asked if "ORIEL_TASK" in params]
    assert all("ORIEL_ROLE" not in params for params in asked)


@pytest.mark.parametrize("method, path", [
    ("GET", "/"), ("GET", "/index.html"), ("GET", "/app.js"), ("GET", "/style.css"), ("GET", "/status"), ("POST", "/config"),
    ("DELETE", "/snaps/a.jpg"), ("GET", "/nothing"), ("HEAD", "/snapshot.jpg"), ("OPTIONS", "/events"), ("PUT", "/app.js"),
    ("GET", "/cam/porch/login.js"), ("GET", "/login/"), ("GET", "/login.css/x")])
def test_a_stranger_gets_nothing(gate, method, path):
    gate.welcome = STRANGER
    reply, asked = gate.ask(method, path + "?a=%20b", data=b"x" if method == "POST" else None)
    assert reply.status_code == 401 and reply.content in (b"", b'{"error": "log in first"}')
    assert [params.get("ORIEL_TASK") for params in asked] == ["auth", "refused"]
    assert asked[1]["REQUEST_METHOD"] == method and asked[1]["ORIEL_URI"] == gate.site.mount + path + "?a=%20b"
    assert not {"HTTP_COOKIE", "HTTP_AUTHORIZATION"} & set(asked[1])


@pytest.mark.parametrize("status, headers", [(303, b"Location: /login?next=%2F\r\n"), (429, b"Retry-After: 17\r\n"),
                                             (503, b"Retry-After: 1\r\n"), (204, b"Access-Control-Max-Age: 1\r\n")])
def test_how_a_stranger_is_told_is_the_workers_business(gate, status, headers):
    gate.welcome, gate.refused = STRANGER[:-2] + b"X-Oriel-Refusal: 429 17\r\n\r\n", b"Status: %d\r\n%s\r\n" % (status, headers)
    reply, asked = gate.ask("GET", "/status")
    name, value = headers.decode().strip().split(": ")
    assert reply.status_code == status and reply.headers[name] == value
    assert asked[1]["ORIEL_REFUSAL"] == "429 17"


def test_what_is_asked_of_the_log_in(gate):
    headers = {"Cookie": "oriel=x; y=z", "Authorization": "Bearer t", "Accept": "text/html", "Origin": "http://x"}
    _, asked = gate.ask("POST", "/config?secret", headers=headers | FORGED, data=b"{}")
    assert asked[0] == {"ORIEL_TASK": "auth", "REQUEST_METHOD": "POST", "REQUEST_SCHEME": "http", "REMOTE_ADDR": "127.0.0.1",
                        "HTTP_COOKIE": "oriel=x; y=z", "HTTP_AUTHORIZATION": "Bearer t"}


@pytest.mark.parametrize("path", ["/status", "/stream.jpg", "/nothing", "/-/auth", "/-/refused", "/-/worker", "/healthz", "/login"])
def test_forged_headers_do_not_pass(gate, path):
    for gate.welcome in WELCOME, STRANGER:
        _, asked = gate.ask("GET", path, headers=FORGED)
        for params in asked:
            assert params.get("ORIEL_ROLE", "viewer") == "viewer" and params.get("ORIEL_USER", "anna") == "anna"
            assert params.get("ORIEL_KIND", "session") == "session" and "ORIEL_REFUSAL" not in params
            assert params.get("ORIEL_TASK") != "auth" or "ORIEL_PATH" not in params
            assert not [name for name in params if "USER" in name and name not in ("ORIEL_USER", "HTTP_USER_AGENT")]


@pytest.mark.parametrize("path", ["/-/auth", "/-/refused", "/-/unknown", "/cam/x/-/auth"])
def test_the_log_ins_insides_cannot_be_asked_for(gate, path):
    """They lead to the worker like any unknown path, and without a task."""
    for gate.welcome in WELCOME, STRANGER:
        _, asked = gate.ask("GET", path)
        assert all("ORIEL_TASK" not in params or "ORIEL_PATH" not in params for params in asked)
        assert asked[-1]["ORIEL_PATH"] in (path, "/-/worker") and "ORIEL_ROLE" not in asked[-1]


def control_head(gate, answer=b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n", **headers):
    """The head that reaches oriel-ws, in whose place a bare socket stands; None: nothing does."""
    heads = []
    with socket.socket(socket.AF_UNIX) as listener:
        path = gate.site.folder / "ws.sock"
        path.unlink(missing_ok=True)
        listener.bind(str(path))
        listener.listen()
        listener.settimeout(2)

        def serve():
            try:
                client, _ = listener.accept()
            except OSError:
                return
            heads.append(client.recv(65536))
            client.sendall(answer)
            client.close()
        thread = threading.Thread(target=serve)
        thread.start()
        with gate.site.control(headers=headers) as control:
            status = control.status
        if not heads:
            listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    return status, heads[0].decode().split("\r\n") if heads else None


def test_a_websocket_brings_its_role_along(gate):
    status, head = control_head(gate, Cookie="oriel=secret", Authorization="Bearer secret", **FORGED)
    fields = [line.split(": ") for line in head[1:] if line]
    assert [value for name, value in fields if name.lower() == "x-oriel-role"] == ["viewer"]
    assert [value for name, value in fields if name.lower() == "x-oriel-grant"] == ["0123456789abcdef0123456789abcdef"]
    assert not [line for line in head if "secret" in line or line.lower().startswith(("cookie", "authorization:"))]


def test_a_strangers_websocket_does_not_get_there(gate):
    gate.welcome = STRANGER
    assert control_head(gate, **FORGED) == (401, None)


def test_attempts_are_limited_by_address(gate):
    """nginx's own limit, beside the worker's back-off; pages and pictures are none of it."""
    gate.site.allow("limiting requests")
    answers = [gate.ask("POST", "/login")[0] for _ in range(25)]
    assert {answer.status_code for answer in answers} == {200, 429}
    assert answers[-1].json() == {"error": "too many requests", "code": "too_many"} and answers[-1].headers["Retry-After"] == "1"
    assert gate.ask("POST", "/api/login")[0].status_code == 429
    assert gate.ask("GET", "/login")[0].status_code == 200 and gate.ask("GET", "/status")[0].status_code == 200


def test_a_worker_that_dies_over_the_question(gate):
    """That is not 401, which would log the page out: whatever answers next says what to do."""
    gate.site.allow("upstream prematurely closed", "upstream sent")
    gate.welcome = b""
    reply, asked = gate.ask("GET", "/status")
    assert [params.get("ORIEL_TASK") for params in asked][-1] == "refused"
    assert asked[-1]["ORIEL_REFUSAL"] == "503 1"
    gate.welcome = STRANGER
    reply, asked = gate.ask("GET", "/status")
    assert "ORIEL_REFUSAL" not in asked[-1] and reply.status_code == 401


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_worker_down(make_site, method):
    """Not 500: the same error as without log-in."""
    site = make_site(ready=False, programs=["nginx"], login=True)
    site.outage()
    oriel.wait_for(lambda: reachable(site))
    for path in "/", "/status", "/app.js", "/login", "/nothing":
        answer = site.request(method, path)
        assert answer.status_code == 503 and answer.headers["Retry-After"] == "1"
        if method != "HEAD":
            assert answer.json() == {"error": "camera site worker not running", "code": "no_worker"}
    with site.control() as control:
        assert control.status == 503


def reachable(site):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", site.port)) == 0
