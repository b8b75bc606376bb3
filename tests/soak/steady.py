# SPDX-License-Identifier: ISC
"""./bootstrap soak: the site in daily use for a while. Do memory, descriptors or latency grow?"""
import argparse
import contextlib
import os
import pathlib
import shutil
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "site"))
import oriel  # noqa: E402
from crowd import churn, figures  # noqa: E402
from hammer import LOST, Hammer  # noqa: E402

STREAMS, LISTENERS, A_MINUTE = 8, 20, 60
WARM_SECONDS = 60       # caches fill, every kind of request has been made
GROWTH_KB, SLOWER_MS = 1024, 30


class Again(threading.Thread):
    """Does it again and again until told to stop, whatever comes in between."""

    def __init__(self, work):
        super().__init__(daemon=True)
        self.work, self.ended = work, threading.Event()

    def run(self):
        while not self.ended.is_set():
            with contextlib.suppress(*LOST):
                self.work(self.ended)
            time.sleep(0.05)


class Ages:
    """How late things were since the last look."""

    def __init__(self):
        self.list, self.lock = [], threading.Lock()

    def add(self, seconds):
        with self.lock:
            self.list.append(seconds)

    def take(self):
        """Milliseconds that 95 % stayed below."""
        with self.lock:
            ages, self.list = sorted(self.list), []
        return 1000 * ages[int(0.95 * (len(ages) - 1))] if ages else 0


def watch(site, frames):
    def work(ended):
        with site.stream(timeout=10) as stream:
            while not ended.is_set():
                part = stream.part()
                frames.add(part["whole"] - part["stamp"])
    return work


def listen(site):
    def work(ended):
        with site.events(timeout=20) as events:
            while not ended.is_set():
                events.next()
    return work


def ask(site, answers):
    def work(ended):
        began = time.monotonic()
        assert oriel.requests.get(site.url("/status"), timeout=10).status_code == 200
        answers.add(time.monotonic() - began)
        ended.wait(0.2)
    return work


def come_and_go(site):
    def work(ended):
        churn(site, 10, time.monotonic(), A_MINUTE)
    return work


def measure(site, seconds):
    """Samples: (figures of each program, ms of a frame, ms of an answer)."""
    frames, answers, samples = Ages(), Ages(), []
    threads = [Again(watch(site, frames)) for _ in range(STREAMS)] + [Again(listen(site)) for _ in range(LISTENERS)]
    threads += [Again(ask(site, answers)), Again(come_and_go(site))]
    began = time.monotonic()
    with Hammer(site, pause=0.5) as hammer:
        for thread in threads:
            thread.start()
        time.sleep(min(WARM_SECONDS, seconds / 4))
        frames.take(), answers.take()
        while time.monotonic() - began < seconds:
            time.sleep(max(2, seconds / 60))
            samples.append((figures(site), frames.take(), answers.take()))
        for thread in threads:
            thread.ended.set()
        for thread in threads:
            thread.join(30)
    return samples, hammer


def median(values):
    return sorted(values)[len(values) // 2]


def rows(samples):
    """(what, unit, begin, middle, end): medians of five stretches' first, third and fifth."""
    fifth = max(1, len(samples) // 5)
    thirds = [samples[:fifth], samples[len(samples) // 2 - fifth // 2:][:fifth], samples[-fifth:]]
    for name in samples[0][0]:
        yield (f"{name}: memory of its own", "KB", *(median([s[0][name][0] for s in part]) for part in thirds))
        yield (f"{name}: descriptors", "", *(median([s[0][name][1] for s in part]) for part in thirds))
    yield ("a frame's age at the viewer, 95 %", "ms", *(median([s[1] for s in part]) for part in thirds))
    yield ("an answer of /status, 95 %", "ms", *(median([s[2] for s in part]) for part in thirds))


def grows(unit, begin, end):
    return end - begin > {"KB": max(GROWTH_KB, begin / 10), "": 12, "ms": max(SLOWER_MS, begin)}[unit]


def show(minutes, samples, hammer, load):
    print(f"\n{minutes:g} minutes, {STREAMS} streams, {LISTENERS} listeners, {A_MINUTE} viewers a minute who come and go; "
          f"{len(hammer.saved)} pictures saved, {len(hammer.settings)} settings, {len(hammer.resets)} resets, {len(hammer.seen)} events; "
          f"{os.cpu_count()} cores, load average {load:.1f} before, {os.getloadavg()[2]:.1f} in the last quarter of an hour\n")
    print("| | begin | middle | end |\n|---|---|---|---|")
    for what, unit, *three in rows(samples):
        print(f"| {what} | " + " | ".join(f"{value:.0f} {unit}".strip() for value in three) + " |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=30)
    minutes = parser.parse_args().minutes
    load = os.getloadavg()[0]
    site = oriel.Site(cameras={"cam": ["--source=testcard", "--width=640", "--height=480", "--fps=15", "--testcard-period=3000", "--motion-gap=600"]})
    try:
        site.start()
        site.begin()
        samples, hammer = measure(site, minutes * 60)
        show(minutes, samples, hammer, load)
        hammer.check()
        complaints = list(site.complaints())
        site.stop()
    finally:
        for daemon in site.daemons.values():
            if daemon.process and daemon.process.poll() is None:
                daemon.kill()
    grown = [what for what, unit, begin, _, end in rows(samples) if grows(unit, begin, end)]
    print("\n".join(complaints))
    if grown or complaints:
        sys.exit(f"soak: not flat: {', '.join(grown)}" if grown else "soak: complaints in the logs")
    shutil.rmtree(site.folder, ignore_errors=True)


if __name__ == "__main__":
    main()
