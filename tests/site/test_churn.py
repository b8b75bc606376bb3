# SPDX-License-Identifier: ISC
"""Viewers who come and go, and viewers who never read: memory, descriptors and everybody else's picture stay as they are."""
import concurrent.futures
import contextlib
import random
import time

import oriel
from faults import SOAK
from hammer import LOST

SECONDS = 600 if SOAK else 15
A_MINUTE = 1000
DEAF = 200
DEAF_SECONDS = 60 if SOAK else 3
GROWTH_KB = 2048        # what allocators keep differs a little from time to time


def private_kb(daemon):
    """Memory that is nobody else's: frames in the shared ring are not counted for each who maps it."""
    total = 0
    for pid in daemon.workers():
        with open(f"/proc/{pid}/smaps_rollup") as rollup:
            total += sum(int(line.split()[1]) for line in rollup if line.startswith(("Private_Dirty", "Swap:")))
    return total


def figures(site):
    return {name: (private_kb(daemon), len(daemon.descriptors())) for name, daemon in site.daemons.items()}


def visit(site, dice):
    """One viewer, who looks for a moment and leaves without a word."""
    kind = dice.choice(("stream", "events", "control", "snapshot", "wait", "half"))
    with contextlib.suppress(*LOST):
        if kind == "stream":
            with site.stream() as stream:
                stream.parts(dice.randrange(4))
        elif kind == "events":
            with site.events(last=dice.choice((None, 1))) as events:
                [events.next() for _ in range(dice.randrange(4))]
        elif kind == "control":
            with site.control() as control:
                control.ask({"cmd": dice.choice(("get", "status", "snaps", "events"))})
        elif kind == "half":
            with site.stream("/snapshot.jpg", receive_buffer=4096):
                pass
        else:
            oriel.requests.get(site.url("/snapshot.jpg?wait=300&after=1-1" if kind == "wait" else "/snapshot.jpg"), timeout=20)


def churn(site, seconds, seed):
    dice, pause = random.Random(seed), 60 / A_MINUTE
    began, count = time.monotonic(), 0
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        while time.monotonic() - began < seconds:
            pool.submit(visit, site, random.Random(dice.random()))
            count += 1
            time.sleep(max(0, began + count * pause - time.monotonic()))
    return count


def calm(site, before):
    """Once all have been noticed to be gone: what is there now, descriptors no more than before."""
    def gone():
        return set(site.status()["viewers"].values()) == {0} and all(
            now[1] <= then[1] for now, then in zip(figures(site).values(), before.values()))
    oriel.wait_for(gone, patience=15)
    return figures(site)


def test_viewers_come_and_go(make_site):
    site = make_site(cameras={"cam": ["--fps=20", "--motion=no"]})
    churn(site, 4, 1)
    site.session.close()
    before = figures(site)
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
