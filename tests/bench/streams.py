# SPDX-License-Identifier: ISC
"""MJPEG viewers: CPU, rate and age of what they get, against their number, the frame's size, the frame rate."""
import contextlib

import sides
from report import medians, ratios
from rig import Load, interleave

SIZE, FPS = 100000, 30
VIEWERS = (1, 10, 50, 100, 200)
SHAPES = {20000: (640, 360), 50000: (1280, 720), 100000: (1280, 720), 200000: (1280, 720), 400000: (1920, 1080)}


def cost(run):
    return run.cpu_each() / 1000


def p99(run):
    return run["p99_ms"]


def view(side, viewers, seconds=3.0, **more):
    run = Load("mjpeg", side.port, side.path, viewers, seconds, side.watch(), warm=1, **more)
    run.slowest = run["least"] / seconds
    return run


def compared(stack, camera):
    found = [stack.enter_context(sides.Site(camera)), stack.enter_context(sides.floor(camera.size, camera.fps))]
    if sides.version("ustreamer"):
        found.append(stack.enter_context(sides.ustreamer(camera)))
    return {side.name: side for side in found}


def viewers(report):
    rows, cpu, age, by_viewers = [], {}, {}, {}
    with contextlib.ExitStack() as stack:
        camera = stack.enter_context(sides.Camera(size=SIZE, fps=FPS))
        found = compared(stack, camera)
        for count in VIEWERS:
            runs = interleave({name: lambda s=side: view(s, count) for name, side in found.items()})
            by_viewers[count] = runs
            for name in found:
                us, late = medians(runs, cost)[name], medians(runs, p99)[name]
                share = medians(runs, lambda r: r.share("server"))[name]
                slowest = medians(runs, lambda r: r.slowest)[name]
                lost = max(run["errors"] for run in runs[name])
                rows.append((count, name, us, share, slowest, lost, medians(runs, lambda r: r["p50_ms"])[name], late))
                cpu.setdefault(name, []).append((count, us * FPS * count / 10))     # ms a frame to % of a core
                age.setdefault(name, []).append((count, late))
        small_buffers(report, camera, found)
        slow_reader(report, found["Oriel"])
    report.table(f"MJPEG: {SIZE // 1000} KB, {FPS} fps, behind the same nginx",
                 ("viewers", "side", "CPU ms a frame", "server % of a core", "slowest viewer fps", "lost, at most", "p50 ms", "p99 ms"), rows,
                 "CPU ms: nginx and server together for each frame delivered. ms: from the frame's capture to its last byte; "
                 "the floor server has no camera, its clock starts when it writes.")
    report.plot("viewers-cpu", "CPU against viewers", "viewers", "% of a core, nginx and server", cpu)
    report.plot("viewers-p99", "Age of frames against viewers, 99th percentile", "viewers", "ms", age)
    judge(report, by_viewers)


def judge(report, by_viewers):
    mine = {count: runs["Oriel"] for count, runs in by_viewers.items()}

    def of(count, what):
        return medians({"o": mine[count]}, what)["o"]
    report.at_least("slowest viewer, 1 to 200 viewers", 29.7, min(of(n, lambda r: r.slowest) for n in VIEWERS), " fps")
    report.at_most("viewers lost, 1 to 200", 0, max(run["errors"] for runs in mine.values() for run in runs))
    report.at_most("oriel-fcgi at 100 viewers", 7.0, of(100, lambda r: r.share("server")), " % of a core")
    flat = of(200, lambda r: r.cpu_each("server")) / of(10, lambda r: r.cpu_each("server"))
    report.at_most("oriel-fcgi's cost per viewer, 200 against 10", 1.2, flat, " times")
    at = by_viewers[100]
    report.at_most("CPU per frame, 100 viewers, against the floor", 1.15, ratios(at, cost, "Oriel", "floor"), " times")
    report.at_most("p99, 100 viewers, against the floor", 1.25, ratios(at, p99, "Oriel", "floor"), " times")
    if "ustreamer" in at:
        report.at_most("CPU per frame, 100 viewers, against ustreamer", 0.5, ratios(at, cost, "Oriel", "ustreamer"), " times")
        report.at_most("p99, 100 viewers, against ustreamer", 1.0, ratios(at, p99, "Oriel", "ustreamer"), " times")
    report.at_most("capture to last byte, p50, 1 viewer", 3.0, of(1, lambda r: r["p50_ms"]), " ms")
    report.at_most("capture to last byte, p99, 50 viewers", 12.0, of(50, p99), " ms")


def small_buffers(report, camera, found):
    """What nginx's default of 4k makes of the same server."""
    if "ustreamer" not in found:
        return
    with sides.ustreamer(camera, buffer="4k") as small:
        run = view(small, 100)
    report.table("ustreamer behind nginx's default buffers, 100 viewers", ("buffers", "CPU ms a frame", "p99 ms"),
                 [("4k", cost(run), p99(run))])


def slow_reader(report, site):
    """One viewer who takes 200 KB a second beside nine who take all: now, and 9 s later."""
    alone = view(site, 10, seconds=4)
    early = view(site, 10, seconds=5, rate=200000, slow=1)
    late = view(site, 10, seconds=12, rate=200000, slow=1)
    report.table("A reader of 200 KB/s next to nine fast ones", ("run", "its last frame's age, ms", "slowest of the others, fps", "p99 of the others, ms"),
                 [("no slow reader", "-", alone.slowest, p99(alone)), ("5 s", early["slow_age_ms"], early.slowest, p99(early)),
                  ("12 s", late["slow_age_ms"], late.slowest, p99(late))])
    report.at_most("age of a slow reader's frames after 12 s", 1.5, late["slow_age_ms"] / 1000, " s")
    report.at_least("the others beside it", 29.7, late.slowest, " fps")


def growth(report, name, title, unit, cases):
    """Cost along one axis: `cases` is [(x, camera)]; 50 viewers."""
    rows, cpu, age = [], {}, {}
    for x, camera in cases:
        with contextlib.ExitStack() as stack:
            stack.enter_context(camera)
            site = stack.enter_context(sides.Site(camera))
            floor = stack.enter_context(sides.floor(camera.size, camera.fps))
            runs = interleave({"Oriel": lambda: view(site, 50), "floor": lambda: view(floor, 50)}, 2)
        for side in runs:
            us, late = medians(runs, cost)[side], medians(runs, p99)[side]
            rows.append((x, side, us, us * 50 * camera.fps / 10, medians(runs, lambda r: r.slowest)[side], late))
            cpu.setdefault(side, []).append((x, us * 50 * camera.fps / 10))
            age.setdefault(side, []).append((x, late))
    report.table(title, (unit, "side", "CPU ms a frame", "% of a core", "slowest viewer fps", "p99 ms"), rows)
    report.plot(f"{name}-cpu", f"CPU against {name}, 50 viewers", unit, "% of a core, nginx and server", cpu)
    report.plot(f"{name}-p99", f"Age of frames against {name}, 50 viewers", unit, "p99, ms", age)


def sizes(report):
    growth(report, "size", "50 viewers, 30 fps, by frame size", "KB a frame",
           [(size // 1000, sides.Camera(*shape, size=size)) for size, shape in SHAPES.items()])


def rates(report):
    growth(report, "rate", "50 viewers, 100 KB, by frame rate", "frames a second",
           [(fps, sides.Camera(fps=fps)) for fps in (5, 15, 30, 60)])
