# SPDX-License-Identifier: ISC
"""orield alone: passing on, encoding, motion detection, idling, starting."""
import json
import subprocess
import time

import sides
from report import medians, ratios
from rig import BUILD, Load, Process, cpu_seconds, family, interleave, median, memory_kb, oriel, switches

MB = 1024


def bare(*argv):
    answer = subprocess.run([BUILD / "tests/bench/bare", *map(str, argv)], check=True, stdout=subprocess.PIPE).stdout
    return json.loads(answer)


def frames(site):
    return site.status()["frames"]


def spend(site, seconds=4):
    """CPU ms of orield for each frame it published."""
    pids = list(family(site["orield"].pid))
    count, cpu = frames(site), cpu_seconds(pids)
    time.sleep(seconds)
    return (cpu_seconds(pids) - cpu) * 1000 / max(1, frames(site) - count)


def pass_through(report):
    """1080p MJPEG into the ring, motion off, against memcpy(3) of as many bytes at the same pace."""
    with sides.Camera(1920, 1080, size=0) as camera:
        size = len(camera.one())
        with sides.Site(camera) as site:
            runs = interleave({"orield": lambda: spend(site), "memcpy": lambda: bare("copy", size, 4)["ms"]})
    cost, ratio = medians(runs, float), ratios(runs, float, "orield", "memcpy")
    report.table(f"MJPEG passed on at 1080p30, {size // 1000} KB", ("side", "CPU ms a frame", "copies' worth"),
                 [("orield", cost["orield"], ratio), ("memcpy", cost["memcpy"], 1)])
    report.at_most("MJPEG pass-through at 1080p30", 3.0, ratio, " memcpy's")


def encoding(report):
    rows = []
    for width, height in ((1280, 720), (1920, 1080)):
        with sides.Camera(width, height, raw="yuyv", fps=30) as camera, sides.Site(camera, "--format=yuyv") as site:
            runs = interleave({"orield": lambda: spend(site), "bare": lambda: bare("encode", width, height)["bare_ms"]})
        cost = medians(runs, float)
        share = ratios(runs, float, "bare", "orield")
        rows.append((f"{width}x{height}", cost["orield"], cost["bare"], share))
        report.at_least(f"YUYV {height}p encoding, frames per CPU second", 0.9, share, " of bare libjpeg-turbo's")
    report.table("YUYV encoded at quality 80, all of orield", ("size", "orield CPU ms a frame", "bare libjpeg-turbo ms",
                                                                "frames per CPU second against bare"), rows)


def encoders(report):
    """A camera faster than two threads: how many frames one thread encodes, then two."""
    def published(count):
        with sides.Camera(1920, 1080, raw="yuyv", fps=1000) as camera, \
                sides.Site(camera, "--format=yuyv", f"--encoders={count}", "--buffers=8") as site:
            before, began = frames(site), time.monotonic()
            time.sleep(4)
            return (frames(site) - before) / (time.monotonic() - began)
    runs = interleave({"1": lambda: published(1), "2": lambda: published(2)})
    rate, ratio = medians(runs, float), ratios(runs, float, "2", "1")
    report.table("Encoder threads, 1080p YUYV from a camera of 1000 fps", ("threads", "frames a second"),
                 [(n, rate[n]) for n in rate])
    report.at_least("2 encoder threads", 1.8, ratio, " times one")


def motion(report):
    rows = []
    for width, height in ((1280, 720), (1920, 1080)):
        runs = [bare("decode", width, height) for _ in range(3)]
        ratio = median([run["ours_ms"] / run["bare_ms"] for run in runs])
        rows.append((f"{width}x{height}", median([r["ours_ms"] for r in runs]), median([r["bare_ms"] for r in runs]), ratio))
        report.at_most(f"motion on {height}p MJPEG, per analysed frame", 1.15, ratio, " bare 1/8 decodes")
    report.table("Motion detection: decoded to 1/8 and judged", ("size", "ours CPU ms", "bare decode ms", "ratio"), rows)
    if sides.version("motion"):
        against_motion(report)


MOTION_CONF = """daemon off
setup_mode off
log_level 4
target_dir {folder}
videodevice /dev/video0
v4l2_palette 8
width {width}
height {height}
framerate {fps}
picture_output off
movie_output off
stream_port 0
webcontrol_port 0
"""


def share(pids, seconds=5):
    cpu = cpu_seconds(pids)
    time.sleep(seconds)
    return (cpu_seconds(pids) - cpu) * 100 / seconds


def against_motion(report):
    """All of `orield` and all of `motion`, on the same frames, 15 a second each; then as orield does unasked, 10."""
    with sides.Camera(fps=15) as camera:
        conf = camera.folder / "motion.conf"
        conf.write_text(MOTION_CONF.format(folder=camera.folder, width=camera.width, height=camera.height, fps=15))
        with sides.Site(camera, "--motion=yes", "--motion-fps=15", "--save-on-motion=no") as site, \
                sides.Site(camera, "--motion=yes", "--save-on-motion=no") as usual, \
                Process(["motion", "-c", conf, "-n"], env=camera.env) as peer:
            time.sleep(3)
            runs = interleave({"orield, 15 a second": lambda: share(list(family(site["orield"].pid))),
                               "orield, 10 a second": lambda: share(list(family(usual["orield"].pid))),
                               "motion": lambda: share(peer.pids)})
            assert peer.process.poll() is None
    cost = medians(runs, float)
    ratio = ratios(runs, float, "orield, 15 a second", "motion")
    report.table("Motion detection, 720p15: whole programs", ("side", "% of a core"), list(cost.items()))
    report.at_most("motion detection on the same frames", 0.28, ratio, " of `motion`'s CPU")


def memory(report):
    """After some load: orield's ring is counted with orield, where it is allocated."""
    with sides.Camera() as camera, sides.Site(camera, "--motion=yes") as site:
        worker = list(family(site["oriel-fcgi"].pid))
        empty = sum(memory_kb(pid) for pid in worker)
        run = Load("mjpeg", site.port, "/stream.jpg", 100, 3, site.watch())
        peak, daemon = run.memory["server"], memory_kb(site["orield"].pid)
        slot = 2 * camera.width * camera.height / MB
        ring, buffers = 6 * slot, 4 * slot
    report.table("Memory (proportional set size), 720p, 100 KB", ("program", "MB", "allowed MB"),
                 [("orield", daemon / MB, (ring + buffers + 3 * 100) / MB + 8),
                  ("oriel-fcgi, nobody", empty / MB, 8), ("oriel-fcgi, 100 viewers", peak / MB, (8 * 100 + 80 * 100) / MB + 8)])
    report.at_most("orield's memory", (ring + buffers + 300) / MB + 8, daemon / MB, " MB")
    report.at_most("oriel-fcgi's memory, 100 viewers", (800 + 8000) / MB + 8, peak / MB, " MB")


def idle(report):
    with sides.Camera(fps=15, still=True) as camera, sides.Site(camera, "--motion=yes") as site:
        daemon, worker = list(family(site["orield"].pid)), list(family(site["oriel-fcgi"].pid))
        time.sleep(6)           # the last libevent timer of the connections that asked whether all is ready
        slept, cpu = switches(worker), cpu_seconds(daemon)
        time.sleep(8)
        wakes, used = (switches(worker) - slept) / 8, (cpu_seconds(daemon) - cpu) * 100 / 8
    report.table("Idle: no viewer, 720p15, motion 10 a second", ("what", "value"),
                 [("orield % of a core", used), ("oriel-fcgi wake-ups a second", wakes)])
    report.at_most("orield, idle", 2.0, used, " % of a core")
    report.at_most("oriel-fcgi's wake-ups, idle", 0, wakes, " a second")


def start(report):
    """exec to the first whole picture from the ring, all programs started at once; nginx is there already."""
    def once():
        with sides.Camera() as camera:
            site = sides.Site(camera)
            daemon = site["orield"]
            daemon.argv = [a for a in daemon.argv if not a.startswith(("--source", "--device"))] + ["--source=testcard"]
            site["nginx"].start()
            oriel.wait_for((site.folder / "nginx.pid").exists)
            began = time.monotonic()
            for name in ("oriel-fcgi", "orield"):
                site[name].start()
            first = first_picture(site) - began
            site.stop()
            return first * 1000
    runs = [once() for _ in range(5)]
    report.table("Start: exec of orield and oriel-fcgi to the first picture through nginx, test card", ("runs", "median ms", "most ms"),
                 [(len(runs), median(runs), max(runs))])
    report.at_most("start to first frame served", 150, median(runs), " ms")


def first_picture(site):
    import http.client
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=5)
        connection.request("GET", "/snapshot.jpg")
        answer = connection.getresponse()
        answer.read()
        connection.close()
        if answer.status == 200:
            return time.monotonic()
        time.sleep(0.002)
