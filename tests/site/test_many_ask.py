# SPDX-License-Identifier: ISC
"""Many clients ask for long lists at once, and some never read: that costs them time, and nobody else anything."""
import collections
import concurrent.futures
import contextlib
import json
import socket
import threading
import time

import pytest
import requests
import requests.adapters

import faults
from conftest import warm_up

EVENTS = 400         # of about 200 bytes: as much as a line may hold
ASKERS = 40


def fill(site):
    with socket.socket(socket.AF_UNIX) as orield:
        orield.settimeout(60)
        orield.connect(str(site.folder / "cam" / "control.sock"))
        replies = orield.makefile("rb")
        for _ in range(EVENTS // 16):
            orield.sendall(b'{"cmd":"snapshot_now"}\n' * 16)
            assert all(json.loads(replies.readline())["ok"] for _ in range(16))


@contextlib.contextmanager
def crowd(site, path, askers=ASKERS):
    """This many clients that ask on and on; yields their answers."""
    answers, over = collections.Counter(), threading.Event()

    def ask():
        with requests.Session() as session:
            while not over.is_set():
                answer = session.get(site.url(path), timeout=30)
                answers[answer.status_code] += 1
                if answer.status_code == 429:
                    assert answer.headers["Retry-After"] == "5"
                    over.wait(0.05)

    with concurrent.futures.ThreadPoolExecutor(askers) as pool:
        asking = [pool.submit(ask) for _ in range(askers)]
        try:
            yield answers
        finally:
            over.set()
        for one in asking:
            one.result()


@pytest.fixture(scope="module")
def full(sites):
    site = sites.new(cameras={"cam": ["--fps=5", "--motion=no"]}).start()
    fill(site)
    warm_up(site)
    site.begin()
    yield site
    sites.end(site)


def worst(work, seconds):
    """The longest of them."""
    end, longest = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        begun = time.monotonic()
        work()
        longest = max(longest, time.monotonic() - begun)
        time.sleep(0.05)
    return longest


@pytest.mark.parametrize("path", ["/history?limit=1000", "/status"])
def test_forty_ask_at_once(full, path):
    site, heard = full, []
    with site.events() as events, site.control() as control:
        events.wait("pulse")
        with crowd(site, path) as answers:
            listening = threading.Thread(target=lambda: heard.extend(events.next() for _ in range(4)))
            listening.start()
            longest = worst(lambda: control.ask({"cmd": "set", "threshold": 20})["ok"], 4)
            listening.join(20)
    assert set(answers) == {200} and answers[200] > ASKERS, answers
    assert longest < 2, longest
    assert not any(event.get("event") == "state" and event["data"]["online"] is False for event in heard), heard
    assert not any("closed the connection" in line for line in site.new_lines("oriel-fcgi"))
    # Whole lists, as long as a line can be.
    assert len(site.get("/history?limit=1000").content) > 40 * 1024


def from_address(address):
    """A session whose requests come from there."""
    class Adapter(requests.adapters.HTTPAdapter):
        def init_poolmanager(self, *args, **kw):
            super().init_poolmanager(*args, source_address=(address, 0), **kw)
    session = requests.Session()
    session.mount("http://", Adapter())
    return session


def test_one_who_takes_all_is_told_so(make_site):
    full = make_site(cameras={"cam": ["--fps=5"]}, fcgi=["--max-commands=8"])
    with crowd(full, "/history?limit=1000") as answers, from_address("127.0.0.2") as other:
        seen = collections.Counter()
        worst(lambda: seen.update([other.get(full.url("/history?limit=10")).status_code]), 2)
    assert set(answers) == {200, 429} and answers[200] > 0 and answers[429] > 0, answers
    assert set(seen) == {200}, seen


def test_a_peer_that_never_reads(full):
    """It asks 400 times for all there is: orield keeps little of it, and all of it comes in the end."""
    orield = full["orield"].pid

    def memory():
        with open(f"/proc/{orield}/smaps_rollup") as rollup:
            return sum(int(line.split()[1]) for line in rollup if line.startswith("Private_"))

    full.command({"cmd": "events", "limit": 1000})
    before, most = memory(), 0
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(30)
        peer.connect(str(full.folder / "cam" / "control.sock"))
        peer.sendall(b'{"cmd":"events","limit":1000}\n' * 400 + b'#7 {"cmd":"status"}\n')
        for _ in range(20):
            most = max(most, memory() - before)
            begun = time.monotonic()
            assert full.status()["online"] and time.monotonic() - begun < 1
            time.sleep(0.05)
        reader = peer.makefile("rb")
        lines = [reader.readline() for _ in range(401)]
        tagged = [line for line in lines if line.startswith(b"#")]
        assert len(tagged) == 1 and tagged[0].startswith(b'#7 {"camera"')
        assert all(len(line) > 40 * 1024 and json.loads(line)["events"] for line in lines if line not in tagged)
    assert faults.SANITIZED or most < 12000, most        # KB; all of it is 25 MB
