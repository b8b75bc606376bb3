# SPDX-License-Identifier: ISC
"""Many clients guess passwords at once, each from another network: a known browser still logs in."""
import collections
import concurrent.futures
import http.client
import itertools
import json
import statistics
import threading
import time

import pytest

import oriel
import people

GUESSERS = 24


@pytest.fixture(scope="module")
def town(sites):
    with people.inhabited(sites, fcgi=["--workers=1"]) as town:
        with concurrent.futures.ThreadPoolExecutor(GUESSERS) as pool:      # nginx's kept connections
            list(pool.map(lambda number: guess(town.site, number), range(10**6, 10**6 + 2 * GUESSERS)))
        yield town


def guess(site, number):
    """One wrong password, from an address and for a name of its own."""
    address = f"127.{1 + number // 62500 % 200}.{number // 250 % 250}.{1 + number % 250}"
    line = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30, source_address=(address, 0))
    line.request("POST", "/api/login", json.dumps({"user": f"user{number}", "pass": "wrong horse battery"}),
                 {"Content-Type": "application/json"})
    status = line.getresponse().status
    line.close()
    return status


def log_in(site, cookies):
    begun = time.monotonic()
    answer = oriel.requests.post(site.url("/login"), data={"user": "anna", "pass": people.PASSWORD}, cookies=cookies,
                                 headers={"Origin": site.origin}, allow_redirects=False, timeout=30)
    return answer, time.monotonic() - begun


def test_guesses_from_many_networks(town):
    site = town.site
    answer, _ = log_in(site, {})
    assert answer.status_code == 303
    device = {name: value for name, value in answer.cookies.items() if name.endswith("oriel-device")}
    assert len(device) == 1
    told, numbers, over, took = collections.Counter(), itertools.count(), threading.Event(), []

    def work():
        while not over.is_set():
            told[guess(site, next(numbers))] += 1

    with concurrent.futures.ThreadPoolExecutor(GUESSERS) as pool:
        guessing = [pool.submit(work) for _ in range(GUESSERS)]
        try:
            oriel.wait_for(lambda: told[503] > GUESSERS)        # all places of strangers are taken
            for _ in range(5):
                answer, seconds = log_in(site, device)
                assert answer.status_code == 303, (answer.status_code, answer.text)
                took.append(seconds)
        finally:
            over.set()
        for one in guessing:
            one.result()
    assert set(told) == {401, 503}, told
    assert statistics.median(took) < 2, took
