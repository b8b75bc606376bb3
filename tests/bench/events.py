# SPDX-License-Identifier: ISC
"""Thousands of dashboards: SSE, one event a second each."""
import sides
from report import medians, ratios
from rig import Load, interleave, memory_kb

CLIENTS = (1000, 5000, 9000)            # two descriptors of nginx each: 20 000 is the usual hard limit


def listen(side, clients):
    before = sum(memory_kb(pid) for pid in side.watch()["server"])
    run = Load("sse", side.port, "/events", clients, 5, side.watch(), warm=2 + clients / 5000)
    run.kb = (run.memory["server"] - before) / clients
    return run


def clients(report):
    rows = []
    with sides.Camera(fps=15) as camera, sides.Site(camera) as site, sides.floor(100000, path="/events") as floor:
        for count in CLIENTS:
            runs = interleave({"Oriel": lambda: listen(site, count), "floor": lambda: listen(floor, count)}, 2)
            us, late = medians(runs, lambda r: r.cpu_each("server")), medians(runs, lambda r: r["p99_ms"])
            # The first run pays for memory that later runs reuse.
            kb = {side: max(run.kb for run in list_) for side, list_ in runs.items()}
            events = medians(runs, lambda r: r["count"] / r.wall / count)
            rows += [(count, side, us[side], medians(runs, lambda r: r.cpu_each("nginx"))[side], kb[side], events[side],
                      max(run["errors"] for run in runs[side]),
                      medians(runs, lambda r: r["p50_ms"])[side], late[side]) for side in runs]
            report.at_most(f"worker memory per SSE client, {count:,}", 0.5, kb["Oriel"], " KB")
            report.at_most(f"worker CPU per client and event, {count:,}", 3.0, us["Oriel"], " µs")
            report.at_most(f"p99 of an event, {count:,}, against the floor", 1.25,
                           ratios(runs, lambda r: r["p99_ms"], "Oriel", "floor"), " times")
    report.table("SSE: one event a second", ("clients", "side", "server µs an event", "nginx µs an event",
                                             "server KB a client", "events a client and s", "lost, at most", "p50 ms", "p99 ms"), rows)
