# SPDX-License-Identifier: ISC
"""Nobody takes all places: no account, no address, and viewers not those of operators. Whoever finds no place is told so."""
import contextlib
import json
import select
import socket

import pytest

import oriel
import people


def held(site, kind, number, source=None, headers=None):
    """A request that stays: (status, text, connection)."""
    headers = dict(headers or {})
    if kind == "control":
        headers.pop("Sec-Fetch-Site", None)
        connection = site.control(source=source, headers=headers)
    else:
        connection = site.stream({"streams": "/stream.jpg", "events": "/events"}[kind], source=source, headers=headers)
    words = "" if connection.status in (101, 200) else json.loads(connection.body())["error"]
    return connection.status, words, connection


def take(stack, site, kind, count, **how):
    """So many; the status of each."""
    statuses = []
    for number in range(count):
        status, words, connection = held(site, kind, number, **how)
        stack.callback(connection.close)
        statuses.append((status, words))
        if status in (429, 503):
            assert int(connection.headers["retry-after"]) > 0
            assert connection.headers["content-type"] == "application/json"
    return statuses


@pytest.mark.parametrize("kind, what, good", [("streams", "too many streams", 200), ("events", "too many event streams", 200),
                                              ("control", "too many clients", 101)])
def test_one_address_takes_half(make_site, kind, what, good):
    site = make_site(fcgi=["--max-streams=4", "--max-events=4"], ws=["--max-clients=4"])
    with contextlib.ExitStack() as stack:
        mine = take(stack, site, kind, 3)
        assert [status for status, _ in mine] == [good, good, 429] and mine[2][1].startswith(what)
        others = take(stack, site, kind, 3, source="127.0.0.2")
        assert [status for status, _ in others] == [good, good, 503] and others[2][1] == what
    oriel.wait_for(lambda: set(site.status()["viewers"].values()) == {0})
    with contextlib.ExitStack() as stack:
        assert take(stack, site, kind, 1) == [(good, "")]       # all were given back


def test_waiting_snapshots(make_site):
    site = make_site(cameras={"cam": ["--fps=1"]}, fcgi=["--max-waits=2"])
    tag = site.get("/snapshot.jpg").headers["ETag"].strip('"')
    generation, sequence = tag.split("-")
    path = f"/snapshot.jpg?after={generation}-{int(sequence) + 100}&wait=3000"
    with contextlib.ExitStack() as stack:
        both = [stack.enter_context(socket.create_connection(("127.0.0.1", site.port))) for _ in range(2)]
        for one in both:
            one.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        answered, _, _ = select.select(both, [], [], 2)
        assert len(answered) == 1
        answer = answered[0].recv(4096)
        assert answer.startswith(b"HTTP/1.1 429 ") and b"\r\nRetry-After: 5\r\n" in answer
        assert answer.endswith(b'{"error":"too many wait for a snapshot from one address","code":"too_many_from_one"}')
        assert site.get("/snapshot.jpg").status_code == 200


@pytest.mark.parametrize("kind, good", [("streams", 200), ("events", 200), ("control", 101)])
def test_viewers_leave_room_for_operators(sites, kind, good):
    """Places 4: one is kept for operators; vic may have 2, and his friend the third."""
    with people.inhabited(sites, fcgi=["--max-streams=4", "--max-events=4"], ws=["--max-clients=4", "--max-share=50"]) as home:
        home.keeper.close()
        oriel.wait_for(lambda: set(home.site.status()["viewers"].values()) == {0})
        home.add("friend", "viewer")
        home.add("third", "viewer")
        tokens = {name: people.bearer(home.token(name, role)) for name, role in (("tv", "viewer"), ("hall", "viewer"),
                                                                                  ("desk", "operator"))}
        site, browsers = home.site, {name: home.log_in(name) for name in ("vic", "friend", "third", "anna")}
        with contextlib.ExitStack() as stack:
            assert [s for s, _ in take(stack, site, kind, 3, headers=browsers["vic"])] == [good, good, 429]
            assert [s for s, _ in take(stack, site, kind, 2, headers=browsers["friend"])] == [good, 503]
            assert [s for s, _ in take(stack, site, kind, 1, headers=browsers["third"])] == [503]
            assert [s for s, _ in take(stack, site, kind, 1, headers=tokens["tv"])] == [503]
            assert [s for s, _ in take(stack, site, kind, 2, headers=browsers["anna"])] == [good, 503]


def narrow(site):
    conf = site.folder / "nginx.conf"
    conf.write_text(conf.read_text().replace("worker_connections 8192;", "worker_connections 62;"))


def test_more_than_nginx_has_room_for(make_site):
    """Beyond its worker_connections nginx would close without an answer: so the site file lets in less than half of them."""
    site = make_site(most=16, prepare=narrow, fcgi=["--max-share=100"])
    site.allow("limiting connections", "reusing connections")
    with contextlib.ExitStack() as stack:
        statuses = [s for s, _ in take(stack, site, "streams", 40)]
        assert statuses == [200] * 16 + [503] * 24
        answer = site.get("/status")
        assert answer.status_code == 503 and answer.json() == {"error": "too many requests under way", "code": "too_many"}
        assert int(answer.headers["Retry-After"]) > 0
    oriel.wait_for(lambda: site.get("/status").status_code == 200)
