# SPDX-License-Identifier: ISC
"""One picture an answer: its CPU beside nginx's with a file, 304, rates, ?after=."""
import contextlib

import sides
from report import medians, ratios
from rig import Load, interleave

CLIENTS, SECONDS = 16, 2.5
SHAPES = {20000: (640, 360), 100000: (1280, 720), 500000: (1920, 1080)}     # bytes: a size that has so many


def cost(run):
    return run.cpu_each()


def get(side, path=None, header="", clients=CLIENTS, seconds=SECONDS):
    run = Load("get", side.port, path or side.path, clients, seconds, side.watch(), header=header)
    assert run["errors"] == 0 and run["statuses"]["5xx"] == run["statuses"]["4xx"] == 0, run.result
    return run


def sizes(report):
    rows = []
    for size, (width, height) in SHAPES.items():
        with contextlib.ExitStack() as stack:
            camera = stack.enter_context(sides.Camera(width, height, size=size))
            site, file = stack.enter_context(sides.Site(camera)), stack.enter_context(sides.Static(camera.still()))
            runs = interleave({"Oriel": lambda: get(site, "/snapshot.jpg"), "file": lambda: get(file)})
            if size == 100000:
                not_modified(report, site, file)
                after(report, site)
        assert all(run["bytes"] > (run["count"] - CLIENTS) * size for list_ in runs.values() for run in list_)
        us, p50, rate = medians(runs, cost), medians(runs, lambda r: r["p50_ms"]), medians(runs, lambda r: r["count"])
        ratio = ratios(runs, cost, "Oriel", "file")
        nginx, server = (medians({"o": runs["Oriel"]}, lambda r, n=n: r.cpu_each(n))["o"] for n in ("nginx", "server"))
        rows.append((f"{size // 1000} KB", us["Oriel"], nginx, server, us["file"], ratio, rate["Oriel"] / SECONDS,
                     p50["Oriel"], rate["file"] / SECONDS))
        report.at_most(f"CPU per snapshot, {size // 1000} KB", 2.0, ratio, " times", " nginx's own for a file")
        if size == 100000:
            report.at_least("snapshots a second, 16 clients", 2000, rate["Oriel"] / SECONDS)
            report.at_most("p50 of a snapshot, 16 clients", 2.0, p50["Oriel"], " ms")
    report.table("Snapshots: 16 kept connections, nothing but requests",
                 ("frame", "Oriel µs CPU", "of it nginx", "of it oriel-fcgi", "file µs CPU", "ratio", "Oriel a second",
                  "p50 ms", "file a second"), rows)


def not_modified(report, site, file):
    """If-None-Match: * matches the newest frame, whichever it is. So each answer is a 304, and nobody has to know a tag."""
    runs = interleave({"Oriel": lambda: get(site, "/snapshot.jpg", "If-None-Match: *"),
                       "file": lambda: get(file, header="If-None-Match: *")})
    assert all(r["statuses"]["3xx"] >= r["count"] > 0 for list_ in runs.values() for r in list_)
    us, ratio = medians(runs, cost), ratios(runs, cost, "Oriel", "file")
    report.table("304: nothing new", ("side", "µs CPU", "ratio"), [("Oriel", us["Oriel"], ratio), ("file", us["file"], 1)])
    report.at_most("CPU per 304", 2.0, ratio, " times", " nginx's own")


def after(report, site):
    """A chain: each request waits for the frame after the one it got. Late = last byte behind the frame's own clock."""
    import waits
    late = waits.after(site, seconds=5)
    report.table("`?after=`: from the frame's capture to the waiting client's last byte",
                 ("frames", "p50 ms", "p99 ms"), [(late.count, late.p50, late.p99)])
    report.at_most("`?after=`: answer behind the frame, p50", 2.0, late.p50, " ms")


def peers(report):
    """One snapshot after another of those who make each request wait for its own next frame."""
    if not sides.version("ustreamer"):
        return
    with sides.Camera() as camera, sides.Site(camera) as site, sides.ustreamer(camera) as peer:
        runs = interleave({"Oriel": lambda: get(site, "/snapshot.jpg"), "ustreamer": lambda: get(peer, "/snapshot")}, 2)
    rate, p50 = medians(runs, lambda r: r["count"] / SECONDS), medians(runs, lambda r: r["p50_ms"])
    report.table("Snapshots a second, 16 clients, 30 fps", ("side", "a second", "p50 ms"),
                 [(side, rate[side], p50[side]) for side in runs])
