# SPDX-License-Identifier: ISC
"""What passes through nginx in either direction, with a responder of the test's own."""
import http.client

import pytest

import oriel
import wire
from responder import Responder

# All that a worker may ever see; which of them depends on the request.
PASSED = {"REQUEST_METHOD", "QUERY_STRING", "CONTENT_TYPE", "CONTENT_LENGTH", "ORIEL_PATH", "ORIEL_MOUNT",
          "REQUEST_SCHEME", "REMOTE_ADDR", "SERVER_NAME", "HTTP_HOST", "HTTP_ORIGIN", "HTTP_SEC_FETCH_SITE",
          "HTTP_ACCESS_CONTROL_REQUEST_METHOD", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_LAST_EVENT_ID", "HTTP_ACCEPT",
          "HTTP_IDEMPOTENCY_KEY"}


@pytest.fixture(scope="module", params=["", "/front-door"], ids=["root", "prefix"])
def asked(request, sites):
    """asked(method, path, …): (answer, what the worker was asked)"""
    site = sites.new(mount=request.param, programs=["nginx"]).start(ready=False)
    responder = Responder(site.folder / "fcgi.sock")

    def ask(method, path, answer=b"Content-Type: text/plain\r\n\r\nhere", **kw):
        responder.answer = [answer]
        reply = site.request(method, path, **kw)
        return reply, responder.asked[-1] if responder.asked else None
    ask.site, ask.responder = site, responder
    oriel.wait_for(lambda: answers(site))
    yield ask
    sites.end(site)
    responder.close()


def answers(site):
    try:
        return site.get("/status").status_code == 200
    except oriel.requests.ConnectionError:
        return False


def test_params(asked):
    headers = {"Origin": "http://x", "Sec-Fetch-Site": "same-origin", "Access-Control-Request-Method": "POST",
               "If-None-Match": '"1-2"', "If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT", "Last-Event-ID": "7",
               "Idempotency-Key": "a-name-of-its-own", "Content-Type": "application/json"}
    secrets = {"Cookie": "a=b", "Authorization": "Bearer t", "Accept": "text/html"}
    _, (params, body, _) = asked("POST", "/cam/porch/config?a=1&b=%202", data=b'{"threshold": 1}', headers=headers | secrets)
    assert set(params) == PASSED - (set() if asked.site.mount else {"ORIEL_MOUNT"})
    assert params["REQUEST_METHOD"] == "POST" and params["QUERY_STRING"] == "a=1&b=%202"
    assert params["ORIEL_PATH"] == "/cam/porch/config" and params.get("ORIEL_MOUNT", "") == asked.site.mount
    assert params["CONTENT_LENGTH"] == "16" and body == b'{"threshold": 1}'
    assert params["REMOTE_ADDR"] == "127.0.0.1" and params["HTTP_HOST"] == f"127.0.0.1:{asked.site.port}"
    for name, value in headers.items():
        assert params.get("HTTP_" + name.upper().replace("-", "_"), params["CONTENT_TYPE"]) == value


@pytest.mark.parametrize("path", ["/status", "/snapshot.jpg", "/stream.jpg", "/events", "/nothing", "/snaps/a.jpg"])
def test_what_a_client_makes_up_does_not_pass(asked, path):
    forged = {"Remote-User": "root", "X-Oriel-Role": "operator", "X-Forwarded-For": "1.2.3.4", "X-Real-IP": "1.2.3.4",
              "X-Forwarded-User": "root", "Proxy": "http://evil", "Oriel-Path": "/x", "X-Accel-Redirect": "/x",
              "Remote_User": "root", "REMOTE-ADDR": "1.2.3.4"}
    _, (params, _, _) = asked("GET", path, headers=forged)
    assert set(params) <= PASSED
    assert params["REMOTE_ADDR"] == "127.0.0.1" and params["ORIEL_PATH"] == path


@pytest.mark.parametrize("sent, got", [
    ("/a%20b", "/a b"), ("/%e2%82%ac", "/€"), ("/a%0ab/status", "/a\nb/status"), ("/status%0a", "/status\n"),
    ("/a%2fb", "/a/b"), ("//status", "/status"), ("/x/../status", "/status"), ("/x/./status", "/x/status"),
    ("/a%3fb", "/a?b"), ("/a|b", "/a|b"), ("/%ff", "/\udcff"), ("/control%0a", "/control\n"), ("/cam/", "/cam/")])
def test_path(asked, sent, got):
    """Decoded and normalised, whatever is in it, below the mount point."""
    _, (params, _, _) = asked("GET", sent)
    assert params["ORIEL_PATH"] == got


@pytest.mark.parametrize("path", ["/status", "/nothing"])
def test_query_stays_as_it_was(asked, path):
    query = "a=%3Fb&c=%26%00&&=?"
    _, (params, _, _) = asked("GET", f"{path}?{query}")
    assert params["QUERY_STRING"] == query


def test_connections_are_kept_for_short_requests(asked):
    numbers = [asked("GET", path)[1][2] for path in ("/status", "/snapshot.jpg", "/config", "/nothing", "/status")]
    assert len(set(numbers)) == 1
    streams = [asked("GET", path)[1][2] for path in ("/stream.jpg", "/events", "/stream.jpg")]
    assert len(set(streams)) == 3 and not set(streams) & set(numbers)


def test_a_browsers_connection_is_kept_through_redirects_inside_nginx(asked):
    """nginx's own limit is 1,000 requests a connection, and each of these asks the server block for it."""
    asked.responder.answer = [b"Status: 404\r\n\r\n"]
    browser = http.client.HTTPConnection("127.0.0.1", asked.site.port)
    for _ in range(1050):
        browser.request("GET", f"{asked.site.mount}/nothing")
        reply = browser.getresponse()
        reply.read()
        assert reply.status == 404 and not reply.will_close
    browser.close()


def test_what_the_worker_says_is_said_once(asked):
    reply, _ = asked("GET", "/status", b"Status: 503\r\nRetry-After: 7\r\nCache-Control: no-store\r\n"
                     b"Content-Type: application/json\r\n\r\n{}")
    assert reply.status_code == 503 and reply.headers["Retry-After"] == "7"
    assert reply.headers["Cache-Control"] == "no-store" and reply.content == b"{}"
    reply, _ = asked("GET", "/config", b"Status: 405\r\nAllow: GET, POST\r\n\r\n")
    assert reply.headers["Allow"] == "GET, POST"
    reply, _ = asked("GET", "/status", b"Status: 503\r\n\r\n")
    assert reply.headers["Retry-After"] == "1" and reply.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 415, 429, 500, 502, 504])
def test_errors_of_the_worker_are_its_own(asked, status):
    reply, _ = asked("GET", "/status", b"Status: %d\r\nContent-Type: application/json\r\n\r\n{\"error\": \"mine\"}" % status)
    assert reply.status_code == status and reply.json() == {"error": "mine"}


def test_saved_picture_is_sent_from_disk(asked):
    folder = asked.site.state / "porch/snaps"
    folder.mkdir(parents=True)
    (folder / "a-1.jpg").write_bytes(b"picture")
    redirect = b"X-Accel-Redirect: %s/_snaps/porch/%s\r\nContent-Type: image/jpeg\r\nCache-Control: private\r\n\r\n"
    mount = asked.site.mount.encode()
    reply, _ = asked("GET", "/cam/porch/snaps/a-1.jpg", redirect % (mount, b"a-1.jpg"))
    assert reply.status_code == 200 and reply.content == b"picture"
    assert reply.headers["Content-Type"] == "image/jpeg" and reply.headers["Cache-Control"] == "private"
    assert reply.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    again, _ = asked("GET", "/cam/porch/snaps/a-1.jpg", redirect % (mount, b"a-1.jpg"),
                     headers={"If-None-Match": reply.headers["ETag"]})
    assert again.status_code == 304
    gone, _ = asked("GET", "/cam/porch/snaps/b-1.jpg", redirect % (mount, b"b-1.jpg"))
    assert gone.status_code == 404 and gone.json() == {"error": "not found", "code": "not_found"}


@pytest.mark.parametrize("path", ["/stream.jpg", "/events", "/snapshot.jpg", "/status", "/nothing"])
def test_as_it_comes(asked, path):
    """The first half of an answer is with the client before there is a second."""
    asked.responder.answer = [b"Content-Type: image/jpeg\r\n\r\nfirst", b"second"]
    with wire.Connection(asked.site.port, asked.site.mount + path) as connection:
        connection.until(b"first")
        asked.responder.go_on.release()
        connection.until(b"second")


@pytest.mark.parametrize("method, path, status", [("POST", "/config", 504), ("DELETE", "/snaps/a.jpg", 504), ("GET", "/status", 503)])
def test_a_worker_that_dies_over_a_change(asked, method, path, status):
    """The change may have been made: that is not 503, which says that it was not."""
    asked.site.allow("upstream prematurely closed")
    answer, _ = asked(method, path, answer=b"", **({"json": {"threshold": 1}} if method == "POST" else {}))
    assert answer.status_code == status and answer.headers["Content-Type"] == "application/json"
    assert answer.json().get("code") == ("unknown_outcome" if status == 504 else "no_worker")
