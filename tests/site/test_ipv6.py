# SPDX-License-Identifier: ISC
"""The site by IPv6, beside IPv4, with and without TLS."""
import pytest
import requests

import oriel
import people
import wire
from conftest import needs_ipv6

BOTH = ("127.0.0.1", "[::1]")


@needs_ipv6
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_both(make_site, tls):
    site = make_site(addresses=BOTH, tls=tls)
    scheme = "https" if tls else "http"
    for address in BOTH:
        url = f"{scheme}://{address}:{site.port}"
        answer = requests.post(f"{url}/config", json={"threshold": 12}, headers={"Origin": url}, timeout=10, verify=False)
        assert answer.status_code == 200
        assert requests.get(f"{url}/session", timeout=10, verify=False).json()["site"] == url
    if tls:
        site.tls.check_hostname = False
    with wire.Stream(site.port, "/stream.jpg", address="::1", tls=site.tls) as stream, \
            wire.Events(site.port, "/events", address="::1", tls=site.tls) as events, \
            wire.WebSocket(site.port, "/control", address="::1", tls=site.tls, headers={"Origin": f"{scheme}://[::1]:{site.port}"}) as control:
        assert stream.part()["jpeg"] and events.wait("state") and control.ask({"cmd": "get"})["threshold"] == 12


def test_wrong_passwords_count_by_network(sites):
    """From one /64, each attempt by another address and for another name; a neighbour's attempts do not count."""
    with people.inhabited(sites) as home:
        def guess(number, address):
            return home.post("/login", {"user": f"user{number}", "pass": "wrong"}, address=address).status
        statuses = [guess(number, f"2001:db8:0:1:{number:x}::1") for number in range(1, 10)]
        assert statuses[:5] == [401] * 5 and 429 in statuses[5:]
        assert guess(10, "2001:db8:0:2::1") == 401


def test_a_network_takes_half(make_site):
    """Of streams, seen through a proxy that is believed: addresses of one /64 are one client."""
    site = make_site(fcgi=["--max-streams=4"], trusted="127.0.0.1")
    streams = [site.stream(headers={"X-Forwarded-For": f"2001:db8::{n}"}) for n in range(3)]
    other = site.stream(headers={"X-Forwarded-For": "2001:db8:0:1::1"})
    assert [stream.status for stream in (*streams, other)] == [200, 200, 429, 200]
    for stream in (*streams, other):
        stream.close()
    oriel.wait_for(lambda: site.status()["viewers"]["stream"] == 0)
