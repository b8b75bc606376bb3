# SPDX-License-Identifier: ISC
"""MJPEG viewers: CPU, rate and age of what they get, against their number, the frame's size, the frame rate."""
import contextlib
import os
import threading

import sides
from line import Line
from report import medians, ratios
from rig import Load, interleave, memory_kb

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
    report.table("A reader of 200 KB/s next to nine fast ones", ("run", "its frames' age, p50 ms", "most", "slowest of the others, fps", "p99 of the others, ms"),
                 [("no slow reader", "-", "-", alone.slowest, p99(alone)),
                  ("5 s", early["slow_p50_ms"], early["slow_max_ms"], early.slowest, p99(early)),
                  ("12 s", late["slow_p50_ms"], late["slow_max_ms"], late.slowest, p99(late))])
    report.at_most("age of a slow reader's frames, p50", 1.6, late["slow_p50_ms"] / 1000, " s")
    report.at_most("age of a slow reader's frames, the oldest", 2.1, late["slow_max_ms"] / 1000, " s")
    report.at_least("the others beside it", 29.7, late.slowest, " fps")


def slow_crowd(report):
    """Forty viewers that began at different moments, 60 KB/s to 1 MB/s, and ten that take everything, for a minute; then with 4K pictures."""
    rows = []
    for name, camera, seconds in (("100 KB", sides.Camera(size=SIZE, fps=FPS), 60), ("1.5 MB", sides.Camera(3840, 2160, size=1500000, fps=FPS), 15)):
        with camera, sides.Site(camera) as site:
            memory = []         # in the middle of it
            look = threading.Timer(5 + seconds / 2, lambda: memory.append(sum(memory_kb(pid) for pid in site["oriel-fcgi"].pids()) / 1000))
            look.start()
            run = view(site, 50, seconds=seconds, rate="60000-1000000", slow=40)
            look.join()
            rows.append((name, 50 - run["alive"], run.slowest, p99(run), run["slow_p50_ms"], run["slow_max_ms"], *memory))
    report.table("Forty slow viewers, 60 KB/s to 1 MB/s, and ten fast ones", ("a frame", "closed", "slowest of the fast, fps", "p99 of the fast, ms",
                 "age of the slow, p50 ms", "most", "worker's memory, MB"), rows,
                 "The slow ones begin 90 ms apart: each is in the middle of a frame of its own. 100 KB for a minute, 1.5 MB (4K) for 15 s.")
    report.at_most("slow viewers closed, of 40", 0, rows[0][1])
    report.at_least("ten fast ones beside 40 slow", 29.7, rows[0][2], " fps")
    report.at_most("worker's memory with 40 slow viewers", 16, rows[0][6], " MB")
    report.at_most("worker's memory with 40 slow viewers of 4K", 144, rows[1][6], " MB")


LINES = {"50 ms, 100 Mbit/s": (50, 100, 29, 40), "100 ms, 100 Mbit/s": (100, 100, 29, 65), "50 ms, 10 Mbit/s": (50, 10, 11, 300)}


def far(report):
    """One viewer at the end of a line (tests/line), in turns with the former site, which had sndbuf=48k."""
    rows = []
    assert os.geteuid() == 0, "the line for far viewers needs root: network namespaces and TUN devices are root's"
    with contextlib.ExitStack() as stack:
        line, camera = stack.enter_context(Line()), stack.enter_context(sides.Camera(size=SIZE, fps=FPS))
        addresses = ("127.0.0.1", line.near)
        found = {"Oriel": stack.enter_context(sides.Site(camera, addresses=addresses)),
                 "sndbuf=48k": stack.enter_context(sides.Site(camera, addresses=addresses, sndbuf="48k"))}
        for name, (rtt, mbit, fps, age) in LINES.items():
            line.bend(rtt_ms=rtt, mbit=mbit, queue=max(250000, rtt * mbit * 125))
            runs = interleave({side: lambda s=site: Load("mjpeg", s.port, s.path, 1, 4, s.watch(), warm=2, line=line) for side, site in found.items()})
            for side in found:
                each = [medians(runs, what)[side] for what in (lambda r: r["count"] / 4, lambda r: r["p50_ms"], p99)]
                rows.append((name, side, *each))
                if side == "Oriel":
                    report.at_least(f"far viewer, {name}", fps, each[0], " fps")
                    report.at_most(f"far viewer, {name}, p50", age, each[1], " ms")
    report.table("A viewer at the end of a line: round trip, rate each way", ("line", "side", "fps", "p50 ms", "p99 ms"), rows,
                 "The line is a program (tests/line): two TUN devices, a queue of one round trip (at least 250 KB), no loss. Half a round trip of the age is the line's.")


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
