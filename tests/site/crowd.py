# SPDX-License-Identifier: ISC
"""Crowds of viewers, and what they cost."""
import concurrent.futures
import contextlib
import random
import time

import oriel
from hammer import LOST

A_MINUTE = 1000


def private_kb(daemon):
    """Memory that is not shared: frames in the shared ring do not count for each process that maps it."""
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


def churn(site, seconds, seed, a_minute=A_MINUTE):
    """So many viewers a minute; how many came."""
    dice, pause = random.Random(seed), 60 / a_minute
    began, count = time.monotonic(), 0
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        while time.monotonic() - began < seconds:
            pool.submit(visit, site, random.Random(dice.random()))
            count += 1
            time.sleep(max(0, began + count * pause - time.monotonic()))
    return count


def calm(site, before):
    """The figures once all viewers have been noticed to be gone; descriptors no more than before."""
    def gone():
        return set(site.status()["viewers"].values()) == {0} and all(
            now[1] <= then[1] for now, then in zip(figures(site).values(), before.values()))
    try:
        oriel.wait_for(gone, patience=15)
    except AssertionError:
        raise AssertionError(f"not gone: {site.status()['viewers']}, {before} before, {figures(site)} now") from None
    return figures(site)
