# SPDX-License-Identifier: ISC
"""Who may do what: every route, every method, everybody; and the ways in."""
import base64
import concurrent.futures
import json
import re

import pytest
import requests

import fcgiclient
import oriel
import routetable
import wsclient
from people import PASSWORD, People, bearer

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def roles():
    """{path: {method: role}} of all routes."""
    table = {}
    for row in routetable.rows():
        methods = ["GET", "HEAD"] if row.method == "GET" else [row.method]
        table.setdefault(row.path, {}).update(dict.fromkeys(methods, row.role))
    return table


ROUTES = roles()
CAMERAS = ["/", *{row.path: 0 for row in routetable.rows() if row.scope == "CAMERA"}]
FILES = [f"/{file.name}" for file in sorted((oriel.SOURCE / "html").glob("*.*")) if file.suffix != ".inc"]


@pytest.fixture(scope="module")
def people(sites):
    site = sites.new(login=True, fcgi=["--workers=2", "--basic", "--allow-origins=https://dash.example http://10.0.0.7:81"])
    site.start(ready=False)
    people = People(site)
    people.add("anna", "operator")
    people.add("vic", "viewer")
    people.headers = {"nobody": {}, "viewer": bearer(people.token("looker", "viewer")),
                      "operator": bearer(people.token("doer", "operator")),
                      "viewer session": people.log_in("vic"), "operator session": people.log_in("anna"),
                      "viewer basic": basic("vic"), "wrong cookie": {"Cookie": "oriel=" + "A" * 43},
                      "expired token": bearer(people.token("late", "operator")),
                      "revoked token": bearer(people.token("gone", "operator"))}
    people.age("token", 10 ** 9, name="late")
    people.ctl("token", "del", "gone")
    for what in "expired", "revoked":
        people.add(what, "operator")
        people.headers[f"{what} session"] = people.log_in(what)
    people.age("session", 10 ** 9, user="expired")
    people.ctl("session", "revoke", "--user", "revoked")
    people.warm_up(people.headers["operator"])
    yield people
    sites.end(site)


def basic(name, password=PASSWORD):
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def ask(people, method, path, who, **kw):
    with people.site.request(method, path, headers=people.headers[who], stream=True, **kw) as answer:
        if answer.headers.get("Content-Type", "").startswith("application/json"):
            answer.content
        return answer


STRANGERS = ["nobody", "wrong cookie", "expired token", "revoked token", "expired session", "revoked session"]


@pytest.mark.parametrize("who", STRANGERS)
def test_strangers_get_nothing(people, who):
    """Each route, page and file, by each method, except those for logging in."""
    paths = [*ROUTES, *(f"/cam/cam{path}" for path in CAMERAS), "/", *FILES, "/nothing", "/cam/x/status", "/-/auth", "/control/x",
             "/-/worker", "/-/refused", "/login/x"]
    for path in paths:
        if path in ("/login.css", "/icon.svg", "/favicon.ico"):
            continue
        for method in METHODS:
            if path in ("/login", "/api/login") and method == "POST":
                continue                # test_wrong_ways_in
            answer = ask(people, method, path, who)
            if set(ROUTES.get(path, {}).values()) == {"NONE"}:
                wanted = (200, 303, 403) if method in ROUTES[path] else (405,)
            else:
                wanted = (401,)
            assert answer.status_code in wanted, (method, path, answer.status_code)
            if answer.status_code == 401:
                assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
                assert method == "HEAD" or answer.json() == {"error": "log in first", "code": "not_logged_in"}
                assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("who, rank", [("viewer", 1), ("operator", 2), ("viewer session", 1), ("operator session", 2),
                                       ("viewer basic", 1)])
def test_each_role_gets_what_is_its(people, who, rank):
    ranks = {"NONE": 0, "VIEWER": 1, "OPERATOR": 2}
    for path in [*ROUTES, *(f"/cam/cam{path}" for path in CAMERAS)]:
        for method in METHODS:
            if path in ("/login", "/logout", "/api/login") and method == "POST":
                continue                # they would change who it is
            answer = ask(people, method, path, who)
            needed = ROUTES[path.removeprefix("/cam/cam")].get(method)
            if who == "viewer basic" and method not in ("GET", "HEAD", "OPTIONS") and path != "/healthz":
                assert answer.status_code == (405 if path in ("/", "/login", "/logout", "/api/login") else 403)  # from where?
            elif needed is None:
                assert answer.status_code == 405 and method not in answer.headers["Allow"].split(", "), (method, path)
            elif ranks[needed] > rank:
                assert answer.status_code == 403 and answer.json() == {"error": "operators only", "code": "operators_only"}, (method, path)
            else:
                assert answer.status_code not in (401, 403, 405), (method, path, answer.status_code)
    for path in "/", *FILES:
        assert ask(people, "GET", path, who).status_code == 200


@pytest.mark.parametrize("who", STRANGERS)
def test_a_strangers_websocket_is_refused(people, who):
    for path in "/control", "/cam/cam/control":
        with people.site.control(path, headers=people.headers[who]) as control:
            assert control.status == 401 and json.loads(control.body()) == {"error": "log in first", "code": "not_logged_in"}


def test_commands_by_role(people):
    words = re.findall(r'COMMAND\((\w+), "(\w+)", COMMAND_(\w+),', (oriel.SOURCE / "src/protocol/commands.h").read_text())
    assert len(words) > 10
    for who, rank in ("viewer", 1), ("viewer session", 1), ("operator", 2), ("operator session", 2):
        with people.site.control(headers=people.headers[who]) as control:
            for _, name, role in words:
                reply = control.ask({"cmd": name})
                if role == "LOCAL":
                    assert reply == {"error": "unknown command", "code": "unknown_command"}
                elif role == "OPERATOR" and rank == 1:
                    assert reply == {"ok": False, "reason": "operators only", "code": "operators_only"}
                else:
                    assert reply.get("reason") != "operators only" and reply.get("error") != "unknown command", (who, name, reply)
            assert control.ask({"cmd": "set", "threshold": 12, "id": 7})["id"] == 7


FORGED = {"X-Oriel-Role": "operator", "X-Oriel-User": "root", "X-Oriel-Grant": "0" * 32, "X-Oriel-Kind": "token",
          "Oriel-Role": "operator", "Oriel-Task": "auth", "Remote-User": "root", "X-Forwarded-User": "root",
          "X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1", "X-Forwarded-Proto": "https"}


def test_forged_headers_open_nothing(people):
    for path in "/", "/status", "/stream.jpg", "/nothing":
        assert people.site.get(path, headers=FORGED).status_code == 401
    assert people.site.post("/config", json={"threshold": 1}, headers=FORGED | people.headers["viewer"]).status_code == 403
    session = people.site.get("/session", headers=FORGED | people.headers["viewer"]).json()
    assert session == {"login": True, "role": "viewer", "user": "looker", "kind": "token",
                       "site": people.site.origin}
    with people.site.control(headers=FORGED) as control:
        assert control.status == 401
    with people.site.control(headers=FORGED | people.headers["viewer"]) as control:
        assert control.ask({"cmd": "reset"}) == {"ok": False, "reason": "operators only", "code": "operators_only"}


@pytest.mark.parametrize("role", [None, "", "Operator", "operator ", "admin", "2"])
def test_without_nginx_word_nobody_comes_in(people, role):
    """A site file without auth_request, and the log-in on: closed, not open."""
    said = {} if role is None else {"ORIEL_ROLE": role}
    with fcgiclient.Client(people.site.folder / "fcgi.sock") as client:
        for path in "/status", "/stream.jpg", "/events", "/nothing", "/readyz":
            client.send(fcgiclient.request(path, keep=True, **said))
            assert client.whole().status == 401
        client.send(fcgiclient.request("/config", method="POST", body=b"{}", keep=True, CONTENT_TYPE="application/json", **said))
        assert client.whole().status == 401
        # A role, but no grant that is good: nothing that lasts.
        client.send(fcgiclient.request("/events", keep=True, ORIEL_ROLE="operator", ORIEL_GRANT="0" * 32))
        assert client.whole().status == 401


# ---- the page -----------------------------------------------------------------------------


def test_a_browser_is_led_to_the_page_and_back(people):
    """…and to nothing else: no JavaScript is needed."""
    site, page = people.site, {"Accept": "text/html,application/xhtml+xml", "Sec-Fetch-Dest": "document"}
    led = site.get("/?cam=cam&x=%C3%A4", headers=page)
    assert led.status_code == 303 and led.headers["Location"] == "/login?next=/%3Fcam%3Dcam%26x%3D%25C3%25A4"
    assert led.headers["Cache-Control"] == "no-store"
    form = site.get(led.headers["Location"])
    assert form.status_code == 200 and form.headers["Content-Type"] == "text/html; charset=utf-8"
    assert form.headers["Cache-Control"] == "no-store" and "default-src 'self'" in form.headers["Content-Security-Policy"]
    assert 'name="next" value="/?cam=cam&amp;x=%C3%A4"' in form.text and "<script" not in form.text
    assert 'autocomplete="username"' in form.text and 'autocomplete="current-password"' in form.text
    answer = people.post("/login", {"user": "vic", "pass": PASSWORD, "next": "/?cam=cam&x=%C3%A4"})
    assert answer.status == 303 and answer.headers["location"] == "/?cam=cam&x=%C3%A4"
    headers = people.browser(f"oriel={answer.cookies['oriel'][0]}")
    there = site.get("/?cam=cam", headers=headers | page)
    assert there.status_code == 303 and there.headers["Location"] == "/cam/cam/"
    assert site.get("/cam/cam/", headers=headers | page).status_code == 200
    welcome = site.get("/login", headers=headers)
    assert "<b>vic</b>" in welcome.text and 'action="/logout"' in welcome.text


@pytest.mark.parametrize("headers, led", [
    ({"Accept": "text/html"}, True), ({"Accept": "text/html", "Sec-Fetch-Dest": "document"}, True),
    ({"Accept": "text/html", "Sec-Fetch-Dest": "iframe"}, True), ({"Accept": "*/*"}, False), ({}, False),
    ({"Accept": "image/avif,*/*", "Sec-Fetch-Dest": "image"}, False), ({"Accept": "text/event-stream"}, False),
    ({"Accept": "text/html", "Sec-Fetch-Dest": "empty"}, False)])
def test_who_is_led_to_the_page(people, headers, led):
    for path in "/", "/status", "/snapshot.jpg", "/nothing":
        assert people.site.get(path, headers=headers).status_code == (303 if led else 401)
        assert people.site.post(path, headers=headers).status_code == 401
    with people.site.control(headers=headers) as control:
        assert control.status == (303 if led else 401)


def test_a_link_from_another_site(people):
    """Its first request comes without the cookie (SameSite=Strict): the answer asks again by itself."""
    headers = {"Accept": "text/html", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "cross-site"}
    answer = people.site.get('/?a="><b>', headers=headers)
    assert answer.status_code == 200 and '<meta http-equiv="refresh" content="0;url=/?a=%22%3E%3Cb%3E">' in answer.text
    assert people.site.get("/", headers=headers | {"Sec-Fetch-Site": "same-origin"}).status_code == 303


@pytest.mark.parametrize("next", [
    "//evil.example", "///evil.example", "/\\evil.example", "\\/evil.example", "https://evil.example/", "javascript:alert(1)",
    "evil.example", "", "/\t/evil.example", "/ /evil", "/\r\nX-Evil: 1", "/\n", "http:/evil", pytest.param("/" + "a" * 600, id="long"), "/\x7f", "/é",
    '/"><script>alert(1)</script>', "/login", "/login?next=/login", "//", "/\\", ".//evil.example"])
def test_next_is_never_another_site(people, next):
    answer = people.post("/login", {"user": "vic", "pass": PASSWORD, "next": next})
    assert answer.status == 303 and answer.headers["location"] == "/" and "x-evil" not in answer.headers
    answer = people.site.get("/login", params={"next": next})
    assert answer.status_code == 200 and 'name="next" value="/"' in answer.text and "<script" not in answer.text


@pytest.mark.parametrize("next", ["/", "/?cam=porch", "/cam/porch/snaps/", "/snaps/a.jpg", "/%2F/x", "/a//b"])
def test_next_is_a_place_here(people, next):
    answer = people.post("/login", {"user": "vic", "pass": PASSWORD, "next": next})
    assert answer.headers["location"] == next


def test_what_is_typed_comes_back_as_text(people):
    answer = people.post("/login", {"user": '"><img src=x>', "pass": "x" * 12}, address="192.0.2.77")
    assert answer.status == 401 and b"<img" not in answer.body and b"&quot;&gt;&lt;img" in answer.body
    assert b"Wrong name or password" in answer.body and b'role="alert"' in answer.body


def test_wrong_ways_in(people):
    """One answer for everything that is wrong, and no cookie with it."""
    wrong = [{"user": "vic", "pass": "x" * 12}, {"user": "nobody", "pass": PASSWORD}, {"user": "vic"}, {"pass": PASSWORD}, {},
             {"user": "VIC", "pass": PASSWORD}, {"user": "vic", "pass": PASSWORD + "x" * 2000}, {"user": "v" * 500, "pass": "x"},
             {"user": "vic\0", "pass": PASSWORD}, {"user": "' OR 1=1 --", "pass": "x" * 12}]
    for number, fields in enumerate(wrong):
        answer = people.post("/login", fields, address=f"198.51.100.{number}")
        assert (answer.status, "set-cookie" in answer.headers) == (401, False), fields
        assert b"Wrong name or password" in answer.body
    for body, kind, status in [(b"user=vic&user=vic", "application/x-www-form-urlencoded", 401), (b"%", "text/plain", 415),
                               (b"user=%zz&pass=x", "application/x-www-form-urlencoded; charset=utf-8", 401), (b"{}", "application/json", 415)]:
        assert people.post("/login", body, address="198.51.100.99", kind=kind).status == status


def test_for_programs(people):
    """POST /api/login: a token for Authorization, as a phone's app wants it."""
    def login(body, kind="application/json", address="192.0.2.2"):
        answer = people.post("/api/login", body if isinstance(body, bytes) else json.dumps(body).encode(), kind=kind, address=address)
        return answer.status, json.loads(answer.body)
    status, body = login({"user": "anna", "pass": PASSWORD})
    assert status == 200 and body["role"] == "operator" and body["expires"] > 1.7e9
    headers = bearer(body["token"])
    assert people.site.post("/config", json={"threshold": 12}, headers=headers).status_code == 200   # no Origin is needed
    assert people.site.get("/session", headers=headers).json()["user"] == "anna"
    assert people.site.get("/status", params={"token": body["token"]}).status_code == 401
    assert login({"user": "anna", "pass": "x" * 12}) == (401, {"error": "wrong name or password", "code": "wrong_password"})
    assert login(b"{", address="192.0.2.3") == (400, {"error": "bad json", "code": "bad_json"})
    assert login({"user": "anna"}) == (400, {"error": "missing pass", "code": "missing_argument"}) and login({"user": 1, "pass": "x"})[0] == 400
    assert login({"user": "anna", "pass": PASSWORD}, kind="text/plain")[0] == 415
    assert people.site.post("/logout", headers=headers).status_code == 303
    assert people.site.get("/session", headers=headers).status_code == 401


def test_acknowledge(people):
    """The tutorial's phone: a token, POST /api/ack, and GET /events/<number>."""
    headers, site = people.headers["operator"], people.site
    with site.events(headers=headers) as events:
        motion = events.wait("motion")
        number, count = int(motion["id"]), motion["data"]["count"]
        answer = site.get(f"/events/{number}", headers=headers).json()
        assert answer["id"] == number and answer["type"] == "motion" and answer["seen"] is False and answer["data"]["count"] == count
        answer = site.post("/api/ack", json={"count": count}, headers=headers)
        assert answer.status_code == 200 and answer.json() == {"ok": True, "user": "doer", "seen": number}
        assert events.wait("state", when=lambda data: data["seen"] == number)
    assert site.get(f"/cam/cam/events/{number}", headers=people.headers["viewer"]).json()["seen"] is True
    assert all(event["seen"] == (event["id"] <= number) for event in site.get("/history", headers=headers).json())
    for body, error, code in (({}, "missing count", "missing_argument"), ({"count": "1"}, "count must be an integer", "bad_argument"),
                              ({"count": 10 ** 9}, "no motion event has this count", "no_such_event")):
        answer = site.post("/api/ack", json=body, headers=headers)
        assert answer.status_code == 400 and answer.json() == {"error": error, "code": code}
    assert site.post("/api/ack", json={"count": count}, headers=people.headers["viewer"]).status_code == 403
    for name in "abc", "0", "-1", "1.5", "9" * 30, str(number + 10 ** 6):
        answer = site.get(f"/events/{name}", headers=headers)
        assert answer.status_code == 404 and answer.json() == {"error": "no such event", "code": "no_such_event"}, name


@pytest.mark.parametrize("value", ["Bearer", "Bearer ", "Bearer x", "bearer " + "A" * 43, "Bearer " + "A" * 43, pytest.param("Bearer " + "A" * 5000, id="long"),
                                   "Bearer ../../etc", "Basic", "Basic !", "Basic dmlj", "Digest x", "Token x", "Bearer a b", "\xff"])
def test_credentials_that_are_none(people, value):
    assert people.site.get("/status", headers={"Authorization": value}).status_code == 401


def test_a_token_that_is_shown_is_meant(people):
    """A cookie does not make up for a wrong token."""
    cookie = people.log_in("anna")
    assert people.site.get("/status", headers=cookie | bearer("A" * 43)).status_code == 401
    session = people.site.get("/session", headers=cookie | people.headers["viewer"]).json()
    assert session["role"] == "viewer" and session["user"] == "looker"


def test_cookies_that_are_none(people):
    good = people.log_in("vic")["Cookie"].split("=")[1]
    for cookie in f"__Host-oriel={good}", f"Oriel={good}", f"oriel={good}x", f"oriel={good[:-1]}", "oriel=", f"oriel={good}; oriel={'A' * 43}":
        assert people.site.get("/status", headers={"Cookie": cookie}).status_code == 401, cookie
    assert people.site.get("/status", headers={"Cookie": f"a=b; oriel={good}; c=d"}).status_code == 200


# ---- other sites' pages ------------------------------------------------------------------------------

OURS, LISTED = "self", "https://dash.example"
LONGER = "self.evil.example"       # begins as ours does


@pytest.mark.parametrize("who, origin, site, welcome", [
    ("operator session", OURS, "same-origin", True), ("operator session", None, "same-origin", True),
    ("operator session", None, "none", True), ("operator session", OURS, None, True),
    ("operator session", None, None, False), ("operator session", "https://evil.example", None, False),
    ("operator session", "https://evil.example", "cross-site", False), ("operator session", None, "cross-site", False),
    ("operator session", OURS, "same-site", False), ("operator session", "null", None, False),
    ("operator session", LONGER, None, False),
    ("operator session", LISTED, "cross-site", True), ("operator session", LISTED, None, True),
    ("operator session", LISTED + ".evil.example", None, False), ("operator session", "http://dash.example", None, False),
    ("operator", None, None, True), ("operator", OURS, "same-origin", True), ("operator", LISTED, "cross-site", True),
    ("operator", "https://evil.example", "cross-site", False)])
def test_who_may_change_something(people, who, origin, site, welcome):
    headers = people.log_in("anna") if who == "operator session" else people.headers[who]
    headers = {name: value for name, value in headers.items() if name in ("Cookie", "Authorization")}
    headers |= {"Origin": origin and origin.replace(OURS, people.site.origin), "Sec-Fetch-Site": site}
    headers = {name: value for name, value in headers.items() if value}
    for method, path in ("POST", "/config"), ("POST", "/controls"), ("DELETE", "/snaps/no-such.jpg"):
        answer = people.site.request(method, path, headers=headers | {"Content-Type": "application/json"}, data=b"{}")
        assert (answer.status_code != 403) == welcome, (method, path)
    assert people.site.get("/status", headers=headers).status_code == 200      # looking changes nothing


@pytest.mark.parametrize("origin, welcome", [(None, True), (OURS, True), (LISTED, True), ("https://evil.example", False), (LONGER, False)])
def test_who_may_log_in_from_where(people, origin, welcome):
    more = {} if origin is None else {"HTTP_ORIGIN": origin.replace(OURS, "http://x")}
    for path, body, kind in [("/login", b"user=vic&pass=" + PASSWORD.replace(" ", "+").encode(), "application/x-www-form-urlencoded"),
                             ("/api/login", json.dumps({"user": "vic", "pass": PASSWORD}).encode(), "application/json")]:
        answer = people.post(path, body, kind=kind, **more)
        assert answer.status == ((303 if path == "/login" else 200) if welcome else 403)
    headers = people.log_in("vic")
    logout = people.post("/logout", b"", HTTP_COOKIE=headers["Cookie"], **more)
    assert logout.status == (303 if welcome and origin is not None else 403)


def test_another_origin_reads(people):
    headers = people.headers["viewer"] | {"Origin": LISTED}
    for path in "/status", "/snapshot.jpg", "/config", "/events", "/stream.jpg", "/history", "/nothing", "/snaps/no-such.jpg":
        with people.site.get(path, headers=headers, stream=True) as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == LISTED, path
            assert answer.headers["Access-Control-Allow-Credentials"] == "true" and "Origin" in answer.headers["Vary"]
        with people.site.get(path, headers=headers | {"Origin": "https://evil.example"}, stream=True) as answer:
            assert not [name for name in answer.headers if name.startswith("Access-Control")]
    refused = people.site.get("/status", headers={"Origin": LISTED})
    assert refused.status_code == 401 and refused.headers["Access-Control-Allow-Origin"] == LISTED


@pytest.mark.parametrize("path", ["/config", "/snapshot.jpg", "/snaps/a.jpg", "/api/login", "/cam/cam/controls"])
def test_preflight(people, path):
    question = {"Origin": LISTED, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    answer = people.site.request("OPTIONS", path, headers=question)
    assert answer.status_code == 204 and answer.headers["Access-Control-Allow-Origin"] == LISTED
    assert "POST" in answer.headers["Access-Control-Allow-Methods"] and answer.headers["Access-Control-Max-Age"] == "600"
    assert {"Authorization", "Content-Type"} <= set(answer.headers["Access-Control-Allow-Headers"].split(", "))
    answer = people.site.request("OPTIONS", path, headers=question | {"Origin": "https://evil.example"})
    assert answer.status_code in (401, 405) and "Access-Control-Allow-Methods" not in answer.headers


def test_many_at_once(people):
    """Every answer belongs to who asked."""
    people.site.session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=20))
    headers = people.headers | {"viewer session": people.log_in("vic"), "operator session": people.log_in("anna")}
    wanted = {"viewer": ("viewer", "looker"), "operator session": ("operator", "anna"), "viewer session": ("viewer", "vic"),
              "nobody": None, "viewer basic": ("viewer", "vic")}

    def asked(number):
        who = list(wanted)[number % len(wanted)]
        answer = people.site.get("/session", headers=headers[who])
        if wanted[who] is None:
            return answer.status_code == 401
        return (answer.json()["role"], answer.json()["user"]) == wanted[who]
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        assert all(pool.map(asked, range(500)))


def test_the_websocket_worker_believes_nginx_alone(people):
    """Directly on its socket, as with a site file without auth_request: closed."""
    grant = "0" * 32
    for said in {}, {"X_Oriel_Role": "operator"}, {"X_Oriel_Role": "operator", "X_Oriel_Grant": grant}, {"X_Oriel_Grant": grant}:
        with wsclient.Client(people.site.folder / "ws.sock", **said) as client:
            assert client.status == 401


def test_a_session_says_where_it_is_from(people):
    agent = {"User-Agent": "Browser/1 (\tevil\x7f) " + "x" * 100, "Origin": people.site.origin}
    answer = people.site.post("/login", data={"user": "vic", "pass": PASSWORD}, headers=agent)
    people.site.session.cookies.clear()
    assert answer.status_code == 303
    told = [session["from"] for session in people.ctl("session", "list") if session["from"].startswith("127.0.0.1 Browser/1 ")]
    assert len(told) == 1 and len(told[0]) < 64 and "(?evil?)" in told[0]


@pytest.mark.parametrize("said", [
    {}, {"HTTP_COOKIE": "oriel=x"}, {"HTTP_AUTHORIZATION": "Bearer " + "A" * 43}, {"HTTP_AUTHORIZATION": "Basic !"},
    {"HTTP_AUTHORIZATION": basic("vic", "x" * 12)["Authorization"]}, {"HTTP_AUTHORIZATION": basic("no-one", "x" * 12)["Authorization"]},
    {"HTTP_COOKIE": "oriel=" + "\xff" * 43}, {"REQUEST_SCHEME": "https", "HTTP_COOKIE": "oriel=x"}], ids=str)
def test_nginx_is_told_yes_or_no(people, said):
    """204 or 401 in every case: of anything else nginx would make 500."""
    with fcgiclient.Client(people.site.folder / "fcgi.sock") as client:
        for _ in range(8):          # until guessing has to wait
            client.send(fcgiclient.request("/", keep=True, ORIEL_TASK="auth", REMOTE_ADDR="192.0.2.222", **said))
            answer = client.whole()
            assert answer.status == 401 and "x-oriel-role" not in answer.headers
            assert answer.headers.get("x-oriel-refusal", "429 1").startswith("429 ")
