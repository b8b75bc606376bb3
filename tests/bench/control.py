# SPDX-License-Identifier: ISC
"""WebSocket: an echo on our sessions beside bare wslay, commands through orield, and the disk's part of their time."""
import json
import os
import pathlib
import subprocess
import tempfile
import time

import sides
from report import medians, ratios
from rig import BUILD, Process, cpu_seconds, interleave, median, oriel

IDLE, BUSY, SECONDS = 5000, 100, 3


def talk(socket, pids, idle, busy, rate, message):
    """One run of tests/bench/talk, with the CPU of `pids` for each message."""
    argv = [BUILD / "tests/bench/talk", socket, idle, busy, SECONDS, rate, message]
    with subprocess.Popen([str(a) for a in argv], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout.readline() == "measuring\n", f"talk failed: {argv}"
        before = cpu_seconds(pids)
        result = json.loads(run.stdout.readline())
        result["us"] = (cpu_seconds(pids) - before) * 1e6 / result["count"]
    return result


def echo(report):
    with tempfile.TemporaryDirectory(prefix="oriel-bench-", dir="/tmp") as folder:
        ours, bare = pathlib.Path(folder) / "ours", pathlib.Path(folder) / "bare"
        with Process([BUILD / "oriel-ws-echo", ours]) as a, Process([BUILD / "tests/bench/bare_echo", bare]) as b:
            oriel.wait_for(lambda: ours.exists() and bare.exists())
            runs = interleave({"oriel-ws-echo": lambda: talk(ours, a.pids, IDLE, BUSY, 0, "x" * 100),
                               "bare wslay": lambda: talk(bare, b.pids, IDLE, BUSY, 0, "x" * 100)})
    us = medians(runs, lambda r: r["us"])
    ratio = ratios(runs, lambda r: r["us"], "oriel-ws-echo", "bare wslay")
    report.table(f"WebSocket echo of 100 bytes: {IDLE:,} idle, {BUSY} busy", ("side", "µs CPU a message", "messages a second", "p50 ms", "p99 ms"),
                 [(side, us[side], medians(runs, lambda r: r["count"] / SECONDS)[side],
                   medians(runs, lambda r: r["p50_ms"])[side], medians(runs, lambda r: r["p99_ms"])[side]) for side in runs])
    report.at_most("WebSocket echo, CPU per message", 1.3, ratio, " times", " bare wslay's")


def fsync_ms(folder):
    """What this disk needs for a small write that lasts."""
    times = []
    with open(folder / "fsync-test", "wb") as file:
        for _ in range(20):
            file.write(b"x" * 4096)
            began = time.monotonic()
            file.flush()
            os.fsync(file.fileno())
            times.append((time.monotonic() - began) * 1000)
    (folder / "fsync-test").unlink()
    return median(times)


def timed(site, command, times=20):
    spent = []
    for i in range(times):
        began = time.monotonic()
        answer = site.command(command(i))
        spent.append((time.monotonic() - began) * 1000)
        assert answer.get("ok"), answer
    return median(spent)


def commands(report):
    disk = pathlib.Path(tempfile.mkdtemp(prefix="oriel-bench-", dir="/var/tmp"))
    with sides.Camera() as camera, sides.Site(camera, state=disk) as site:
        pids = [site["oriel-ws"].pid, site["orield"].pid]
        status = [talk(site.folder / "ws.sock", pids, 0, BUSY, 1000, '{"cmd":"status"}') for _ in range(3)]
        disk_ms = fsync_ms(disk)
        threshold = timed(site, lambda i: {"cmd": "set", "threshold": 10 + i})
        picture = timed(site, lambda i: {"cmd": "snapshot_now"}, 10)
    p99 = median([r["p99_ms"] for r in status])
    report.table("Commands", ("command", "a second", "µs CPU, oriel-ws and orield", "p50 ms", "p99 ms"),
                 [("status, WebSocket to orield and back", median([r["count"] / SECONDS for r in status]),
                   median([r["us"] for r in status]), median([r["p50_ms"] for r in status]), p99),
                  ("set, on disk when answered", "one by one", "-", threshold, "-"),
                  ("snapshot_now, on disk when answered", "one by one", "-", picture, "-"),
                  ("this disk's own fsync(2) of 4 KB", "one by one", "-", disk_ms, "-")])
    report.at_most("status round trip, 1,000 a second, p99", 5.0, p99, " ms")
