# SPDX-License-Identifier: ISC
"""./bootstrap bench: every row of docs/performance.md, measured here and now. Bounded to 20 minutes."""
import os
import pathlib
import subprocess
import sys
import time
import traceback

import control
import daemon
import events
import sides
import snapshots
import streams
from report import Report

PARTS = [snapshots.sizes, snapshots.peers, streams.viewers, streams.sizes, streams.rates, events.clients, control.echo, control.commands,
         daemon.pass_through, daemon.encoding, daemon.encoders, daemon.motion, daemon.memory, daemon.idle, daemon.start]
MOST_SECONDS = 20 * 60


def machine():
    cpu = next((line.split(":")[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), "unknown CPU")
    peers = ", ".join(f"{name} {sides.version(name)}" for name in ("nginx", "ustreamer", "motion") if sides.version(name))
    return f"{os.cpu_count()} cores of {cpu}, Linux {os.uname().release}; {peers}"


def main():
    only, report, failed, began = set(sys.argv[1:]), Report(), [], time.monotonic()
    load = os.getloadavg()
    for part in PARTS:
        name = f"{part.__module__}.{part.__name__}"
        if only and name not in only:
            continue
        if time.monotonic() - began > MOST_SECONDS:
            failed.append(f"{name}: no time left")
            continue
        print(f"\n==== {name} ({time.monotonic() - began:.0f} s)", flush=True)
        try:
            part(report)
        except Exception:       # the others are still worth having; the run is red all the same
            traceback.print_exc()
            failed.append(name)
    took = time.monotonic() - began
    head = (f"{time.strftime('%Y-%m-%d')}, {machine()}; took {took:.0f} s; load average {load[0]:.1f} before the first "
            f"measurement, {os.getloadavg()[1]:.1f} over the last five minutes.")
    print("\n" + head + "\n\n" + report.text().split("\n\n")[0] + "\n")
    print("\n".join("| " + " | ".join(row) + " |" for row in report.targets))
    if not only:
        report.write(head)
    if failed:
        sys.exit(f"bench: failed: {', '.join(failed)}")


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    main()
