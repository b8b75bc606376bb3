# SPDX-License-Identifier: ISC
"""Log-in and its end: the first user, wrong passwords, log-out, and what ends with it, in every process."""
import concurrent.futures
import json
import os
import signal
import threading
import time

import pytest
import requests

import fcgiclient
import oriel
from people import PASSWORD, People, bearer, ended, inhabited


@pytest.fixture(scope="module")
def people(sites):
    with inhabited(sites, fcgi=["--workers=2", "--basic"]) as people:
        yield people


# ---- out ----------------------------------------------------------------------------------------


class Open:
    """All that can be open for somebody."""

    def __init__(self, site, headers, count=2):
        self.site, self.headers = site, headers
        self.streams, self.events = [], []
        for _ in range(count):
            self.more()
        self.controls = [site.control(headers=headers) for _ in range(2)]
        assert {control.status for control in self.controls} == {101}

    def more(self):
        self.streams.append(self.site.stream(headers=self.headers))
        self.events.append(self.site.events(headers=self.headers))
        assert self.streams[-1].status == self.events[-1].status == 200
        self.streams[-1].part()

    def in_both_workers(self, before):
        while not all(now > idle for now, idle in zip(held(self.site), before)):
            assert len(self.streams) < 50, "one worker has them all"
            self.more()
        return self

    def all_end(self):
        for connection in self.streams + self.events:
            ended(connection)
            connection.close()
        for control in self.controls:
            control.socket.settimeout(5)
            assert control.closed() == 4401
            control.close()

    def go_on(self):
        for stream in self.streams:
            stream.parts(2)
        for events in self.events:
            events.wait("pulse")
        for control in self.controls:
            assert control.ask({"cmd": "status"})["camera"] == "cam"

    def close(self):
        for connection in self.streams + self.events + self.controls:
            connection.close()


@pytest.fixture
def other(people):
    """Somebody else, who is not affected."""
    other = Open(people.site, people.log_in("anna"))
    yield other
    other.go_on()
    other.close()


def held(site):
    """How many of oriel-fcgi's connections each worker has."""
    return [sum("socket" in link for link in oriel.descriptors(pid)) for pid in site["oriel-fcgi"].workers()]


def by_logout(people, headers):
    answer = people.site.post("/logout", headers=headers)
    assert answer.status_code == 303 and answer.headers["Location"] == "/login"
    cookie = answer.headers["Set-Cookie"].split("; ")
    assert cookie[0] == "oriel=" and "Max-Age=0" in cookie and "Path=/" in cookie


def by_role(people, _):
    people.ctl("user", "role", "vic", "operator")
    people.ctl("user", "role", "vic", "viewer")


END = {
    "log-out": by_logout,
    "administrator": lambda people, _: people.ctl("session", "revoke", "--user", "vic"),
    "password": lambda people, _: people.ctl("user", "passwd", "vic", given=PASSWORD + "\n"),
    "role": by_role,
}


@pytest.mark.parametrize("how", END)
def test_what_is_open_ends_with_the_session(people, other, how):
    headers = people.log_in("vic")
    idle = held(people.site)
    mine = Open(people.site, headers).in_both_workers(idle)
    END[how](people, headers)
    began = time.monotonic()
    mine.all_end()
    assert time.monotonic() - began < 5
    for path in "/", "/status", "/stream.jpg", "/snapshot.jpg":
        assert people.site.get(path, headers=headers).status_code == 401
    with people.site.control(headers=headers) as control:
        assert control.status == 401
    oriel.wait_for(lambda: people.site.status()["viewers"] == {"stream": 2, "events": 2, "control": 3})


def test_a_token_ends(people, other):
    token = bearer(people.token("visitor"))
    mine = Open(people.site, token)
    people.ctl("token", "del", "visitor")
    mine.all_end()
    assert people.site.get("/status", headers=token).status_code == 401


def test_a_user_ends(people, other):
    people.add("guest")
    session, basic = people.log_in("guest"), {"Authorization": requests.auth._basic_auth_str("guest", PASSWORD)}
    mine, more = Open(people.site, session, count=1), Open(people.site, basic, count=1)
    people.ctl("user", "del", "guest")
    mine.all_end(), more.all_end()
    for headers in session, basic:
        assert people.site.get("/status", headers=headers).status_code == 401


def test_a_snapshot_that_waits_is_not_given(people, other):
    headers = people.log_in("vic")
    generation, sequence = map(int, people.site.get("/snapshot.jpg", headers=headers).headers["ETag"].strip('"').split("-"))
    later = f"/snapshot.jpg?after={generation}-{sequence + 10000}&wait=10000"
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(requests.get(people.site.url(later), headers=headers, timeout=20)))
    waiting.start()
    time.sleep(0.3)
    by_logout(people, headers)
    waiting.join(5)
    assert answers[0].status_code == 401 and answers[0].json() == {"error": "log in first", "code": "not_logged_in"}


def test_after_a_worker_was_killed(people, other):
    """The next one knows who is in, and who is out."""
    site, headers = people.site, people.log_in("vic")
    site.outage()
    site.restarts.add("oriel-fcgi")
    site.allow("was killed by signal 9")
    gone = people.log_in("vic")
    people.site.post("/logout", headers=gone)
    for stream in other.streams + other.events:
        stream.close()
    for victim in site["oriel-fcgi"].workers():
        os.kill(victim, signal.SIGKILL)
        oriel.wait_for(lambda: len(site["oriel-fcgi"].workers()) == 2 and victim not in site["oriel-fcgi"].workers())
        oriel.wait_for(lambda: site.get("/status", headers=headers).status_code == 200)
    assert all(site.get("/status", headers=gone).status_code == 401 for _ in range(8))
    mine = Open(site, headers)
    by_logout(people, headers)
    mine.all_end()
    other.streams, other.events = [], []


def test_while_all_workers_are_down(make_site):
    """A session that ended while all workers were down is ended afterwards; the end of the WebSocket does not wait for that."""
    site = make_site(ready=False, login=True)
    people = People(site)
    people.add("vic")
    headers, kept = people.log_in("vic"), people.log_in("vic")
    with site.control(headers=headers) as control:
        site.outage()
        site["oriel-fcgi"].kill()
        assert len(people.ctl("session", "list")) == 2
        people.ctl("session", "revoke", "--user", "vic")
        assert control.closed() == 4401
    site["oriel-fcgi"].start()
    oriel.wait_for(lambda: site.answers("/healthz"))
    for gone in headers, kept:
        assert site.get("/status", headers=gone).status_code == 401


def test_sessions_expire(make_site):
    """Unused for session_idle, or older than session_max: over, open connections too."""
    site = make_site(ready=False, login=True, fcgi=["--session-idle=2", "--session-max=4"])
    people = People(site)
    people.add("vic")
    headers = people.log_in("vic")
    oriel.wait_for(lambda: site.get("/snapshot.jpg", headers=headers).status_code in (200, 401))
    began, mine = time.monotonic(), Open(site, headers, count=1)
    mine.all_end()
    assert time.monotonic() - began < 6
    assert site.get("/status", headers=headers).status_code == 401


# ---- in, for the first time --------------------------------------------------------------------------


def test_the_first_user(make_site):
    site = make_site(ready=False, login=True)
    people = People(site)
    token = (site.auth / "setup-token").read_text().strip()
    assert (site.auth / "setup-token").stat().st_mode & 0o777 == 0o600
    for path in "/", "/status", "/app.js", "/nothing":
        assert site.get(path).status_code == 401
    assert site.get("/", headers={"Accept": "text/html"}).headers["Location"] == "/login?next=/"
    form = site.get("/login").text
    assert 'name="token"' in form and 'autocomplete="new-password"' in form and token not in form

    def set_up(**changes):
        fields = {"token": token, "user": "anna", "pass": PASSWORD, "again": PASSWORD} | changes
        return people.post("/login", fields, address=f"192.0.2.{len(tried)}")
    tried = []
    for wrong, status, words in [({"token": "aaaa-aaaa-aaaa-aaaa-aaaa-aaaa"}, 401, b"Wrong set-up token"), ({"again": "x" * 12}, 400, b"differ"),
                                 ({"pass": "short", "again": "short"}, 400, b"10"), ({"user": "Anna B"}, 400, b"name"),
                                 ({"token": ""}, 401, b"Wrong name or password")]:
        answer = set_up(**wrong)
        assert answer.status == status and words in answer.body and "set-cookie" not in answer.headers, (wrong, answer.body)
        tried.append(wrong)
    answer = set_up()
    assert answer.status == 303 and answer.headers["location"] == "/"
    headers = people.browser(f"oriel={answer.cookies['oriel'][0]}")
    assert site.get("/session", headers=headers).json() == {"login": True, "role": "operator", "user": "anna", "kind": "session",
                                                             "site": site.origin}
    assert not (site.auth / "setup-token").exists() and 'name="token"' not in site.get("/login").text
    tried.append(None)
    assert set_up(user="eve").status == 401
    site["oriel-fcgi"].stop()
    site["oriel-fcgi"].start()
    site.outage()
    oriel.wait_for(lambda: site.answers("/healthz"))
    assert not (site.auth / "setup-token").exists() and site.get("/session", headers=headers).status_code == 200


# ---- guessing ---------------------------------------------------------------------------------------------


def test_guessing_takes_time(people):
    """Five attempts are free; then the wait doubles, for the account and for the address, whichever worker is asked."""
    people.add("bob")
    headers = people.log_in("bob", address="203.0.113.200")
    answers = [people.post("/login", {"user": "bob", "pass": f"wrong {n} wrong"}, address=f"203.0.113.{n}") for n in range(7)]
    statuses = [answer.status for answer in answers]
    assert statuses[:5] == [401] * 5 and statuses[-1] == 429
    last = answers[-1]
    assert 1 <= int(last.headers["retry-after"]) <= 4 and b"Too many wrong attempts" in last.body and b'name="pass"' in last.body
    right = people.post("/login", {"user": "bob", "pass": PASSWORD}, address="203.0.113.201")
    assert right.status == 429 and "set-cookie" not in right.headers
    program = people.post("/api/login", json.dumps({"user": "bob", "pass": PASSWORD}).encode(), kind="application/json")
    assert program.status == 429 and int(program.headers["retry-after"]) >= 1 and "error" in json.loads(program.body)
    assert people.site.get("/status", headers=headers).status_code == 200       # who is in stays in
    assert people.log_in("vic", address="203.0.113.202")
    oriel.wait_for(lambda: people.post("/login", {"user": "bob", "pass": PASSWORD}, address="203.0.113.203").status == 303)


def test_a_known_browser_does_not_wait_for_strangers(people):
    """Not even when they guess from its own address; and its cookie lets nobody in."""
    people.add("dora")
    device = people.post("/login", {"user": "dora", "pass": PASSWORD}, address="203.0.113.150").cookies["oriel-device"][0]
    cookie = {"HTTP_COOKIE": f"a=b; oriel-device={device}"}
    for n in range(6):
        people.post("/login", {"user": "dora", "pass": f"wrong {n} wrong"}, address="203.0.113.151")
    assert people.post("/login", {"user": "dora", "pass": PASSWORD}, address="203.0.113.152").status == 429
    answer = people.post("/login", {"user": "dora", "pass": PASSWORD}, address="203.0.113.151", **cookie)
    assert answer.status == 303 and answer.cookies["oriel-device"][0] == device
    assert people.post("/login", {"user": "vic", "pass": PASSWORD}, address="203.0.113.151", **cookie).status == 429
    assert people.site.get("/status", headers={"Cookie": f"oriel-device={device}"}).status_code == 401
    assert people.site.get("/status", headers={"Cookie": f"oriel={device}"}).status_code == 401
    statuses = [people.post("/login", {"user": "dora", "pass": f"wrong {n} wrong"}, address="203.0.113.153", **cookie).status
                for n in range(6)]
    assert statuses == [401] * 5 + [429]


def test_guessing_from_one_address(people):
    for n in range(5):
        assert people.post("/login", {"user": f"nobody{n}", "pass": "x" * 12}, address="203.0.113.99").status == 401
    assert people.post("/login", {"user": "vic", "pass": PASSWORD}, address="203.0.113.99").status == 429
    assert people.post("/login", {"user": "vic", "pass": PASSWORD}, address="203.0.113.98").status == 303


def test_guessing_by_basic(people):
    """401 as any stranger gets, then 429: never the 500 that nginx would make of it."""
    people.add("carl")
    statuses = [people.site.get("/status", auth=("carl", f"wrong {n} wrong")) for n in range(8)]
    assert [answer.status_code for answer in statuses[:3]] == [401] * 3
    assert statuses[-1].status_code == 429 and int(statuses[-1].headers["Retry-After"]) >= 1
    assert statuses[-1].json() == {"error": "too many wrong passwords", "code": "too_many_attempts"}
    with people.site.control(headers={"Authorization": requests.auth._basic_auth_str("carl", "wrong wrong")}) as control:
        assert control.status == 429


def test_many_log_in_at_once(people):
    """Hashing is done beside the loop: meanwhile others are served, and nobody is lost."""
    headers = people.log_in("anna")
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        doing = [pool.submit(people.post, "/login", {"user": "vic", "pass": PASSWORD}, f"192.0.2.{n + 50}") for n in range(12)]
        worst = 0
        while not all(job.done() for job in doing):
            began = time.monotonic()
            assert people.site.get("/status", headers=headers).status_code == 200
            worst = max(worst, time.monotonic() - began)
    statuses = {job.result().status for job in doing}
    assert 303 in statuses and statuses <= {303, 429, 503} and worst < 1     # 429: so many could be guesses


# ---- the cookie ----------------------------------------------------------------------------------------------


def test_the_cookie(people):
    answer = people.post("/login", {"user": "vic", "pass": PASSWORD})
    assert answer.cookies.keys() == {"oriel", "oriel-device"} and {len(value) for value, _ in answer.cookies.values()} == {43}
    assert answer.cookies["oriel"][1] == {"Path=/", "HttpOnly", "SameSite=Strict", "Max-Age=2592000"}
    assert answer.cookies["oriel-device"][1] == {"Path=/", "HttpOnly", "SameSite=Strict", "Max-Age=31536000"}
    assert answer.headers["cache-control"] == "no-store"


def test_the_cookie_under_tls(make_site):
    site = make_site(ready=False, login=True, tls=True, mount="/front-door")
    People(site).add("vic")
    answer = site.post("/login", data={"user": "vic", "pass": PASSWORD}, headers={"Origin": site.origin})
    assert answer.status_code == 303 and answer.headers["Location"] == "/front-door/"
    session, device = answer.headers["Set-Cookie"].split(", ")
    name, *attributes = session.split("; ")
    assert name.startswith("__Host-oriel=") and device.startswith("__Host-oriel-device=") and "Secure" in device.split("; ")
    assert set(attributes) == {"Path=/", "HttpOnly", "SameSite=Strict", "Secure", "Max-Age=2592000"}
    site.session.cookies.clear()
    headers = {"Cookie": name}
    assert site.get("/session", headers=headers).json()["user"] == "vic"
    assert site.get("/session", headers={"Cookie": name.replace("__Host-", "")}).status_code == 401
    assert site.get("/session").status_code == 401
    with site.control(headers=headers) as control:
        assert control.ask({"cmd": "reset"}) == {"ok": False, "reason": "operators only", "code": "operators_only"}
        assert site.post("/logout", headers=headers | {"Origin": site.origin}).headers["Location"] == "/front-door/login"
        assert control.closed() == 4401


# ---- below a prefix, and without ------------------------------------------------------------------------------


def test_below_a_prefix(make_site):
    site = make_site(ready=False, login=True, mount="/front-door")
    people = People(site)
    people.add("anna", "operator")
    assert site.get("/?cam=x", headers={"Accept": "text/html"}).headers["Location"] == "/front-door/login?next=/front-door/%3Fcam%3Dx"
    form = site.get("/login?next=/elsewhere/").text
    assert 'action="/front-door/login"' in form and 'href="/front-door/login.css"' in form and 'value="/front-door/"' in form
    answer = site.post("/login", data={"user": "anna", "pass": PASSWORD, "next": "/front-door/?cam=x"}, headers={"Origin": site.origin})
    assert answer.status_code == 303 and answer.headers["Location"] == "/front-door/?cam=x"
    oriel.wait_for(lambda: site.get("/snapshot.jpg").status_code == 200)        # the cookie came along
    saved = oriel.wait_for(lambda: [snap for snap in site.get("/snaps/").json()] or site.command({"cmd": "snapshot_now"}) and None)
    assert site.get("/" + saved[0]["url"]).status_code == 200
    site.session.cookies.clear()
    assert site.get("/" + saved[0]["url"]).status_code == 401


def test_off(site):
    """Everybody is an operator, nothing is asked, and the log-in page leads home."""
    assert site.get("/session").json() == {"login": False, "role": "operator", "user": "", "kind": "open", "site": site.origin}
    assert site.get("/login?next=/snaps/").headers["Location"] == "/snaps/"
    assert site.post("/login", data={"user": "x", "pass": "y"}).status_code == 404
    assert site.post("/api/login", json={"user": "x", "pass": "y"}).json() == {"error": "log-in is off", "code": "login_off"}
    assert site.post("/logout").headers["Location"] == "/login"
    assert site.post("/config", json={"threshold": 12}).status_code == 200
    for headers in {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}:
        assert site.post("/config", json={"threshold": 12}, headers=headers).status_code == 403
    assert "auth_request" not in (site.folder / "oriel.conf").read_text().replace("auth_request /front-door", "")


def test_off_beside_a_site_that_asks(make_site):
    """auth_request left in the site file: it is asked for nothing, and everybody comes in."""
    site = make_site(ready=False, login=True, fcgi=["--login=no"], ws=["--login=no"])
    site.wait_up()
    assert site.post("/config", json={"threshold": 12}).status_code == 200
    with site.control() as control:
        assert control.ask({"cmd": "reset"})["ok"] is True


def test_without_a_database_nobody_comes_in(make_site):
    """auth.db cannot be used: 503 that says so, not open access, and recovery without a restart."""
    site = make_site(ready=False, login=True, prepare=lambda site: (site.auth / "auth.db").write_bytes(b"no database" * 1000))
    site.wait_up()
    site.allow("auth")
    for path in "/", "/status", "/stream.jpg":
        answer = site.get(path, headers=bearer("A" * 43))
        assert answer.status_code in (401, 503), answer.content
    answer = site.post("/login", data={"user": "x", "pass": "x" * 12})
    assert answer.status_code == 503 and "not possible" in answer.text
    with fcgiclient.Client(site.folder / "fcgi.sock") as client:
        assert client.get("/status").status == 401


# ---- a worker that hangs --------------------------------------------------------------------------


def test_a_worker_that_hangs_logs_nobody_out(people):
    """One of two workers is stopped: a client that is asked there gets 503 with a text after 10 s; nobody gets 401."""
    site = people.site
    site.allow("upstream timed out")
    headers = bearer(people.token("watcher"))

    def ask(_):
        answer = requests.get(site.url("/status"), headers=headers, timeout=60)
        return answer.status_code, answer.json()

    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        assert {status for status, _ in pool.map(ask, range(48))} == {200}      # nginx keeps these connections
        stopped = max(site["oriel-fcgi"].workers(), key=lambda pid: len(os.listdir(f"/proc/{pid}/fd")))
        os.kill(stopped, signal.SIGSTOP)
        try:
            answers, took = [], 0
            for _ in range(8):      # who waits for a connection first is chance
                begun = time.monotonic()
                answers += pool.map(ask, range(24))
                took = max(took, time.monotonic() - begun)
                if {status for status, _ in answers} != {200}:
                    break
        finally:
            os.kill(stopped, signal.SIGCONT)
    assert {status for status, _ in answers} == {200, 503}, answers
    words = {body["error"] for status, body in answers if status == 503}
    # Another worker answered who it is, and then the worker that hangs was asked for the rest.
    assert words <= {"log-in is not possible just now", "camera site worker not running"}, words
    assert took < 25
    oriel.wait_for(lambda: ask(0)[0] == 200)
