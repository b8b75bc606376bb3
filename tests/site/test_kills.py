# SPDX-License-Identifier: ISC
"""kill -9 under load, of each program alone and of all at once: what was answered with ok is there afterwards, event numbers never go back,
and a client that resumes sees each event once."""
import random
import time

import pytest

from faults import SOAK
from hammer import Hammer, heals

ROUNDS = 50 if SOAK else 1
PROGRAMS = ("orield", "oriel-fcgi", "oriel-ws", "nginx")


@pytest.mark.parametrize("victim", [*PROGRAMS, "all"])
def test_nothing_is_lost(make_site, victim):
    site = make_site(cameras={"cam": ["--fps=20", "--testcard-period=800", "--cooldown=100", "--motion-gap=150"]})
    site.outage()
    site.allow(r"picture.* had no row")
    site.restarts = set(PROGRAMS)
    names = PROGRAMS if victim == "all" else [victim]
    times = []
    with Hammer(site) as hammer:
        time.sleep(0.3)
        for _ in range(2 if victim == "all" and not SOAK else ROUNDS):
            time.sleep(random.uniform(0.1, 0.5))
            answered = hammer.answered
            for name in names:
                site[name].kill()
            for name in names:
                site[name].start()
            times.append(heals(site))
            # Work goes on, or there is nothing to lose next time.
            deadline = time.monotonic() + 10
            while hammer.answered < answered + 5:
                assert time.monotonic() < deadline
                time.sleep(0.02)
    hammer.check()
    assert len(hammer.saved) > ROUNDS and len(hammer.settings) > ROUNDS and len(hammer.seen) > ROUNDS
    times.sort()
    assert times[-1] < 10
    print(f"killed {victim} {len(times)} times: well again after {times[len(times) // 2]:.2f} s, at most {times[-1]:.2f} s; "
          f"{len(hammer.saved)} pictures, {sum(ok for _, ok in hammer.settings)} settings, {len(hammer.resets)} resets "
          f"and {len(hammer.seen)} events, none lost")
