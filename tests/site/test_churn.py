# SPDX-License-Identifier: ISC
"""Viewers who come and go, and viewers who never read: memory, descriptors and the pictures of others stay as they are."""
import contextlib
import json
import subprocess
import time

import oriel
from conftest import warm_up
from crowd import calm, churn, figures
from faults import SANITIZED, SOAK

SECONDS = 600 if SOAK else 8
DEAF = 200
DEAF_SECONDS = 60 if SOAK else 3
LISTENERS = 10000 if SOAK else 500
# Allocators keep a little more or less each time. What sanitizers keep (freed memory, on purpose) does not count.
GROWTH_KB = 65536 if SANITIZED else 2048


def test_viewers_come_and_go(make_site):
    site = make_site(cameras={"cam": ["--fps=20", "--motion=no"]})
    warm_up(site)
    churn(site, 3, 1)
    site.session.close()
    oriel.wait_for(lambda: set(site.status()["viewers"].values()) == {0})
    before = figures(site)
    count = churn(site, SECONDS, 2)
    after = calm(site, before)
    lines = [f"{name}: {before[name][0]} KB and {before[name][1]} descriptors before, {after[name][0]} and {after[name][1]} after"
             for name in before]
    print(f"{count} viewers in {SECONDS} s; " + "; ".join(lines))
    assert all(after[name][0] - before[name][0] < GROWTH_KB for name in before), lines


def test_two_hundred_who_never_read(make_site):
    site = make_site(cameras={"cam": ["--width=640", "--height=480", "--fps=20", "--motion=no"]})
    with site.stream() as stream:
        stream.parts(5)
    before = figures(site)
    late, count = [], 0
    with contextlib.ExitStack() as stack:
        deaf = [stack.enter_context(site.stream(receive_buffer=4096)) for _ in range(DEAF)]
        assert all(one.status == 200 for one in deaf)
        with site.stream() as stream:
            stream.parts(5)
            began = time.monotonic()
            while time.monotonic() - began < DEAF_SECONDS:
                part = stream.part()
                late.append(part["whole"] - part["stamp"])
                count += 1
        meanwhile = figures(site)
    assert count > 0.9 * 20 * DEAF_SECONDS, count
    late.sort()
    assert late[int(0.95 * len(late))] < 0.25
    after = calm(site, before)
    print(f"{DEAF} viewers who never read: another one sees {count / DEAF_SECONDS:.1f} frames a second, "
          f"{late[len(late) // 2] * 1000:.0f} ms old, 95 % below {late[int(0.95 * len(late))] * 1000:.0f} ms; oriel-fcgi has "
          f"{before['oriel-fcgi'][0]} KB before, {meanwhile['oriel-fcgi'][0]} meanwhile, {after['oriel-fcgi'][0]} after")
    assert meanwhile["oriel-fcgi"][0] - before["oriel-fcgi"][0] < 16384


def listen(site, clients, seconds):
    """So many SSE clients of tests/bench/load; what it says of them."""
    argv = [oriel.BUILD / "tests/bench/load", "sse", "127.0.0.1", site.port, "/events", clients, seconds, 0.5 + clients / 5000]
    run = subprocess.run([str(word) for word in argv], stdout=subprocess.PIPE, text=True, timeout=seconds + 60, check=True)
    return json.loads(run.stdout.splitlines()[-1])


def test_thousands_of_listeners(make_site):
    def more_room(site):
        """Two workers of nginx: a client costs it two descriptors."""
        conf = site.folder / "nginx.conf"
        text = conf.read_text().replace("worker_processes 1;", "worker_processes 2;")
        conf.write_text(text.replace("16384;", "20000;").replace("8192;", "19900;"))
    site = make_site(cameras={"cam": ["--fps=10", "--motion=no"]}, prepare=more_room)
    listen(site, LISTENERS // 10, 1)
    before = figures(site)
    result = listen(site, LISTENERS, 10 if SOAK else 4)
    after = calm(site, before)
    print(f"{LISTENERS} SSE clients: {result['alive']} alive after {result['seconds']} s, {result['count']} events, "
          f"median {result['p50_ms']:.0f} ms old, 99 % below {result['p99_ms']:.0f} ms; "
          f"oriel-fcgi {before['oriel-fcgi'][0]} KB before, {after['oriel-fcgi'][0]} after they left")
    assert result["alive"] == LISTENERS and result["errors"] == 0
    assert result["least"] >= result["seconds"] - 2 and result["p99_ms"] < (3000 if SOAK else 1000)
