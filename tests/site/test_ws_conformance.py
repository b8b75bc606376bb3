# SPDX-License-Identifier: ISC
"""The session code of oriel-ws against RFC 6455, as an echo server, strictly:
one allowed outcome a case, directly and through nginx."""
import collections
import time

import pytest

import oriel
import wsclient
from ws_cases import CASES, FRAMES

HOW_MANY = {"1": 16, "2": 11, "3": 7, "4": 10, "5": 20, "6": 145, "7": 37, "9": 54, "10": 1}


def test_all_cases_are_here():
    assert collections.Counter(case.name.split(".")[0] for case in CASES) == HOW_MANY
    assert len({case.name for case in CASES}) == sum(HOW_MANY.values()) == 301


@pytest.fixture(scope="module")
def addresses(sites):
    """The echo program in the place of oriel-ws, and the site's own nginx before it."""
    site = sites.new(programs=["oriel-ws", "nginx"])
    site["oriel-ws"].argv = [oriel.BUILD / "oriel-ws-echo", site.folder / "ws.sock"]
    site.start(ready=False)
    addresses = {"direct": site.folder / "ws.sock", "nginx": ("127.0.0.1", site.port)}
    for address in addresses.values():
        oriel.wait_for(lambda: wsclient.answers(address))
    time.sleep(0.2)         # the questions themselves are connections
    for daemon in site.daemons.values():
        daemon.baseline = daemon.descriptors()
    yield addresses
    sites.end(site)


def made(value):
    return value() if callable(value) else value


def play(client, part):
    frames = made(part.frames)
    if part.cut == FRAMES:
        for frame in frames:
            client.send_raw(frame)
    else:
        client.send_raw(b"".join(frames), part.cut)
    for opcode, payload in made(part.expect):
        got = client.recv()
        assert got is not None, "the connection ended before the answer"
        # Not the bytes themselves: pytest would print megabytes.
        assert (got.opcode, got.fin, got.rsv, len(got.payload)) == (opcode, True, 0, len(payload))
        assert got.payload == payload or "another payload" == ""


@pytest.mark.parametrize("way", ["direct", "nginx"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(addresses, case, way):
    with wsclient.Client(addresses[way]) as client:
        assert client.status == 101
        for _ in range(case.repeat):
            for part in case.rounds:
                play(client, part)
        if case.close is not None:
            client.send(wsclient.CLOSE, case.close)
        last = client.recv()
        assert last is not None, "no Close came"
        assert (last.opcode, last.code) == (wsclient.CLOSE, case.end)
        assert client.recv() is None, "something came behind the Close"


@pytest.mark.parametrize("way", ["direct", "nginx"])
def test_the_close_arrives_though_data_is_still_coming(addresses, way):
    """A server that closes with bytes unread resets the connection, and the Close is lost."""
    bad = wsclient.encode(wsclient.TEXT, "not masked", masked=False) + b"x" * 60000
    for _ in range(20):
        with wsclient.Client(addresses[way]) as client:
            for at in range(0, len(bad), 10000):
                client.send_raw(bad[at:at + 10000])
                time.sleep(0.001)
            assert client.recv().code == 1002
