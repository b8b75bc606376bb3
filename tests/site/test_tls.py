# SPDX-License-Identifier: ISC
"""oriel-tls.conf: TLS 1.2 and 1.3, HTTP/2, wss, and plain HTTP sent there."""
import socket
import ssl
import subprocess

import pytest


@pytest.fixture(scope="module")
def secure(sites):
    site = sites.new(tls=True).start()
    yield site
    sites.end(site)


def curl(site, *arguments):
    return subprocess.run(["curl", "-sS", "--noproxy", "*", "--cacert", site.folder / "certificate.pem", *arguments],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30)


def test_http_2(secure):
    done = curl(secure, "--http2", "-o", "/dev/null", "-w", "%{http_version} %{http_code}", secure.url("/snapshot.jpg"))
    assert done.stdout == b"2 200"


def test_stream_over_http_2(secure):
    done = curl(secure, "--http2", "--max-time", "2", "-w", "%{http_version}", secure.url("/stream.jpg"))
    assert done.stdout.endswith(b"2") and done.stdout.count(b"\r\n--frame\r\n") > 20


def test_events_over_http_2(secure):
    done = curl(secure, "--http2", "--max-time", "1", secure.url("/events"))
    assert b"event: state" in done.stdout


def test_stays_secure(secure):
    for path in ("/", "/status", "/nothing"):
        assert "max-age=" in secure.get(path).headers["Strict-Transport-Security"]


def test_plain_http_is_sent_there(secure):
    plain = secure.session.get(f"http://127.0.0.1:{secure.plain_port}/status?x=1", allow_redirects=False, timeout=5)
    assert plain.status_code == 301 and plain.headers["Location"] == "https://127.0.0.1/status?x=1"


def test_plain_http_on_the_secure_port(secure):
    answer = secure.session.get(f"http://127.0.0.1:{secure.port}/status", timeout=5)
    assert answer.status_code == 400 and "error" in answer.json()


def test_wss(secure):
    with secure.control() as control:
        assert control.status == 101
        assert control.ask({"cmd": "reset"}) == {"ok": True, "counters": "reset"}
    with secure.control(headers={"Origin": f"http://127.0.0.1:{secure.port}"}) as control:
        assert control.status == 403


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1")
@pytest.mark.parametrize("version, welcome", [(ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True),
                                              (ssl.TLSVersion.TLSv1_3, True)])
def test_versions(secure, version, welcome):
    context = ssl.create_default_context(cafile=secure.folder / "certificate.pem")
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    try:
        with socket.create_connection(("127.0.0.1", secure.port), timeout=5) as client:
            with context.wrap_socket(client, server_hostname="127.0.0.1"):
                spoken = True
    except ssl.SSLError:
        spoken = False
    assert spoken == welcome
