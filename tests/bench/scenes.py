# SPDX-License-Identifier: ISC
"""Does it see what moves, and nothing else? The labelled films of scenes.c, beside `motion` on the same JPEGs."""
import contextlib
import http.server
import json
import pathlib
import re
import subprocess
import tempfile
import threading
import time

import sides
from rig import BUILD, Process, oriel

WIDTH, HEIGHT, FPS, SECONDS = 640, 480, 10, 24
TENTHS = 5      # of a percent: somebody far away in a yard

CONF = """daemon off
setup_mode off
log_level 5
picture_output off
movie_output off
stream_port 0
webcontrol_port 0
target_dir {folder}
"""
CAMERA = """camera_id {number}
camera_name {number}
netcam_url http://127.0.0.1:{port}/{number}
width {width}
height {height}
framerate {fps}
threshold {threshold}
event_gap 1
on_event_start date +%s.%N >>{folder}/{number}.events
"""


def ours():
    told = subprocess.run([BUILD / "tests/bench/scene", str(WIDTH), str(HEIGHT), str(TENTHS)], check=True, stdout=subprocess.PIPE, text=True)
    return [json.loads(line) for line in told.stdout.splitlines()]


def film(name):
    """Its pictures."""
    told = subprocess.run([BUILD / "tests/bench/scene", str(WIDTH), str(HEIGHT), "write", name], check=True, stdout=subprocess.PIPE).stdout
    return [b"\xff\xd8\xff" + part for part in told.split(b"\xff\xd8\xff")[1:]]


class Player(http.server.BaseHTTPRequestHandler):
    """GET /N: the Nth film once, at its pace, as a network camera would; then its last picture."""
    def do_GET(self):
        number = int(self.path[1:])
        frames, begin = self.server.films[number], time.time()
        self.server.begins[number] = begin      # the last one counts: `motion` looks first, and comes again
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        with contextlib.suppress(OSError):
            for at in range(FPS * (SECONDS + 30)):
                frame = frames[min(at, len(frames) - 1)]
                self.wfile.write(b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(frame) + frame + b"\r\n")
                time.sleep(max(0, begin + (at + 1) / FPS - time.time()))

    def log_message(self, *_):
        pass


def theirs(films):
    """When `motion` says that an event begins, in seconds of each film."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", oriel.free_port()), Player)
    server.daemon_threads, server.films, server.begins = True, films, {}
    with tempfile.TemporaryDirectory(prefix="oriel-") as name:
        folder = pathlib.Path(name)
        lines = [CONF.format(folder=folder)]
        for number in range(len(films)):
            camera = folder / f"{number}.conf"
            camera.write_text(CAMERA.format(number=number + 1, port=server.server_address[1], width=WIDTH, height=HEIGHT, fps=FPS, folder=folder,
                                            threshold=WIDTH * HEIGHT * TENTHS // 1000).replace(f"/{number + 1}\n", f"/{number}\n"))
            lines.append(f"camera {camera}\n")
        (folder / "motion.conf").write_text("".join(lines))
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        with Process(["motion", "-c", folder / "motion.conf", "-n"]):
            oriel.wait_for(lambda: len(server.begins) == len(films) and time.time() > max(server.begins.values()) + SECONDS + 1, 120, pause=1)
        server.shutdown()
        read = lambda number: re.findall(r"\S+", path.read_text()) if (path := folder / f"{number + 1}.events").exists() else []
        return [[float(when) - server.begins[number] for when in read(number)] for number in range(len(films))]


def scored(number, events):
    told = subprocess.run([BUILD / "tests/bench/scene", "score", str(number), *(f"{when:.2f}" for when in events if when < SECONDS)],
                          check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(told.stdout)


def precision_and_recall(scores):
    right, wrong = sum(score["right"] for score in scores), sum(score["wrong"] for score in scores)
    seen, missed = sum(score["seen"] for score in scores), sum(score["missed"] for score in scores)
    return right / max(1, right + wrong), seen / (seen + missed)


def scenes(report):
    mine = ours()
    sides_of = {"orield": mine}
    if sides.version("motion"):
        events = theirs([film(score["scene"]) for score in mine])
        sides_of["motion"] = [scored(number, events[number]) for number in range(len(mine))]
    said = lambda score: f"{score['right']} right, {score['wrong']} wrong" + (", **missed**" if score["missed"] else "")
    report.table(f"Motion: {len(mine)} labelled scenes, {WIDTH}x{HEIGHT}, {FPS} a second, threshold {TENTHS / 10} %: events",
                 ("scene", *sides_of), [(mine[i]["scene"], *(said(scores[i]) for scores in sides_of.values())) for i in range(len(mine))])
    report.table("Motion: precision (events that were right) and recall (scenes seen)", ("side", "precision", "recall"),
                 [(side, *precision_and_recall(scores)) for side, scores in sides_of.items()])
    precision, recall = precision_and_recall(mine)
    report.at_least("motion on labelled scenes, recall", 1.0, recall)
    report.at_least("motion on labelled scenes, precision", 0.95, precision)
