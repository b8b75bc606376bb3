# SPDX-License-Identifier: ISC
"""./bootstrap bench: every row of docs/performance.md, measured here and now. Bounded to 20 minutes."""
import os
import pathlib
import sys
import time
import traceback

import control
import daemon
import events
import logins
import scenes
import sides
import snapshots
import streams
from report import Report, targets_table, write_page

PARTS = [snapshots.sizes, snapshots.peers, streams.viewers, streams.slow_crowd, streams.far, streams.sizes, streams.rates, events.clients, logins.requests, control.echo, control.commands,
         daemon.pass_through, daemon.encoding, daemon.encoders, daemon.motion, scenes.scenes, daemon.memory, daemon.idle, daemon.start]
MOST_SECONDS = 20 * 60


def machine():
    cpu = next((line.split(":")[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), "unknown CPU")
    peers = ", ".join(f"{name} {sides.version(name)}" for name in ("nginx", "ustreamer", "motion") if sides.version(name))
    return f"{os.cpu_count()} cores of {cpu}, Linux {os.uname().release}; {peers}"


def measure(part, name):
    before = os.getloadavg()[0]
    report = Report(time.strftime("%Y-%m-%d %H:%M"))
    part(report)
    report.when += f"; load average {before:.1f} before, {os.getloadavg()[0]:.1f} after"
    report.keep(name)
    return report.targets


def main():
    """Run all parts, or those named. For the others the page keeps the results of their last run in this build."""
    only, failed, targets, began = set(sys.argv[1:]), [], [], time.monotonic()
    names = [f"{part.__module__}.{part.__name__}" for part in PARTS]
    for part, name in zip(PARTS, names):
        if only and name not in only:
            continue
        if time.monotonic() - began > MOST_SECONDS:
            failed.append(f"{name}: no time left")
            continue
        print(f"\n==== {name} ({time.monotonic() - began:.0f} s)", flush=True)
        try:
            targets += measure(part, name)
        except Exception:       # the other parts are still useful; the run fails all the same
            traceback.print_exc()
            failed.append(name)
    print("\n" + targets_table(targets))
    write_page(f"{machine()}.", names)
    if failed:
        sys.exit(f"bench: failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
