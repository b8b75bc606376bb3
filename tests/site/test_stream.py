# SPDX-License-Identifier: ISC
import signal
import subprocess
import sys
import time

import pytest

import jpeg
import oriel
from pipe import Pipe


def test_parts(site):
    with site.stream() as stream:
        assert stream.status == 200
        assert stream.headers["content-type"] == "multipart/x-mixed-replace; boundary=frame"
        assert "transfer-encoding" not in stream.headers
        assert "no-store" in stream.headers["cache-control"]
        parts = stream.parts(10)
    for part in parts:
        assert part["headers"]["content-type"] == "image/jpeg"
        assert jpeg.size(part["jpeg"]) == (320, 240)
    stamps = [part["stamp"] for part in parts]
    assert stamps == sorted(set(stamps))


@pytest.mark.parametrize("accept", ["application/octet-stream", "Application/Octet-Stream;q=0.9, */*;q=0.1"])
def test_the_same_as_plain_bytes(site, accept):
    """For scripts in WebKit, which cancels a multipart answer that no <img> has requested."""
    with site.stream(headers={"Accept": accept}) as stream:
        assert stream.status == 200 and stream.headers["content-type"] == "application/octet-stream"
        assert "accept" in stream.headers["vary"].lower() and "no-store" in stream.headers["cache-control"]
        parts = stream.parts(3)
    assert all(jpeg.size(part["jpeg"]) == (320, 240) and "x-placard" not in part["headers"] for part in parts)
    head = site.request("HEAD", "/stream.jpg", headers={"Accept": accept})
    assert head.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize("accept", [None, "*/*", "application/*", "image/avif,image/webp,*/*;q=0.8", "application/octet-streams",
                                    "multipart/x-mixed-replace, application/octet-stream"])
def test_all_others_get_multipart(site, accept):
    with site.stream(headers={"Accept": accept} if accept else {}) as stream:
        assert stream.headers["content-type"] == "multipart/x-mixed-replace; boundary=frame"
        assert "vary" not in stream.headers
        stream.part()


def test_a_frame_is_there_before_the_next_one_exists(make_site):
    """Whole, with the delimiter after it that makes Chromium show it."""
    site = make_site(cameras={"cam": ["--fps=2"]})
    with site.stream() as stream:
        parts = stream.parts(9)
    # A proxy that holds frames back holds back each: a single late one is the machine's fault.
    late = [part for part, following in zip(parts[1:], parts[2:])
            if part["whole"] >= following["stamp"] or part["whole"] - part["stamp"] > 0.2]
    assert len(late) <= 1, late


def test_rate_of_this_viewer(site):
    with site.stream("/stream.jpg?fps=5") as slow, site.stream() as fast:
        slow.part(), fast.part()
        began = time.monotonic()
        slow.parts(10)
        assert 1.6 <= time.monotonic() - began <= 2.6
        began = time.monotonic()
        fast.parts(40)          # half of them wait in the socket by now
        assert time.monotonic() - began <= 1.6


@pytest.mark.parametrize("fps", ["0", "-1", "x", "1000", ""])
def test_bad_rate(site, fps):
    answer = site.get(f"/stream.jpg?fps={fps}")
    assert answer.status_code == 400 and "fps" in answer.json()["error"]


def test_method(site):
    answer = site.post("/stream.jpg")
    assert answer.status_code == 405 and "GET" in answer.headers["Allow"]


VIEWER = """
import sys
sys.path.insert(0, {folder!r})
import wire
with wire.Stream({port}, "/stream.jpg", receive_buffer=16384) as stream:
    while True:
        part = stream.part()
        print(part["stamp"], part["whole"], flush=True)
"""


def test_stopped_viewer_next_to_a_running_one(make_site):
    """A viewer whose process is stopped costs nobody anything, and goes on with the newest frame."""
    site = make_site(cameras={"cam": ["--width=640", "--height=480", "--fps=25"]})
    program = VIEWER.format(folder=str(oriel.SOURCE / "tests/site"), port=site.port)
    viewer = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        viewer.stdout.readline()
        viewer.send_signal(signal.SIGSTOP)
        memory = resident(site["oriel-fcgi"].pid)
        with site.stream() as stream:
            began = time.monotonic()
            parts = stream.parts(100)
            assert time.monotonic() - began < 5.5     # 4 s at 25 a second
        assert max(part["whole"] - part["stamp"] for part in parts[5:]) < 0.5
        assert resident(site["oriel-fcgi"].pid) - memory < 8 << 20
        stopped = time.time()
        viewer.send_signal(signal.SIGCONT)

        def caught_up():
            stamp, whole = map(float, viewer.stdout.readline().split())
            return stamp > stopped and whole - stamp < 0.5
        oriel.wait_for(caught_up, pause=0)
    finally:
        viewer.kill()
        viewer.communicate()


def resident(pid):
    with open(f"/proc/{pid}/statm") as statm:
        return int(statm.read().split()[1]) * 4096


def test_camera_gone_and_back(make_site, site, tmp_path):
    """The stream stays open, shows why, and goes on."""
    pictures = [site.get("/snapshot.jpg").content for _ in range(3)]
    pipe = Pipe(tmp_path / "fifo", pictures)
    pipe.plug()
    piped = make_site(cameras={"cam": ["--source=pipe", f"--input={tmp_path}/fifo"]})
    piped.allow(r"warning: ")
    try:
        with piped.stream() as stream:
            part = stream.part()
            assert part["jpeg"] in pictures and "x-placard" not in part["headers"]
            pipe.unplug()
            placard = next_other(stream, pictures)
            assert jpeg.size(placard["jpeg"]) and placard["headers"]["x-placard"]
            pipe.plug()
            oriel.wait_for(lambda: stream.part()["jpeg"] in pictures, pause=0)
        # A viewer who comes while it is gone sees the placard at once.
        pipe.unplug()
        oriel.wait_for(lambda: piped.get("/snapshot.jpg").status_code == 503)
        with piped.stream() as stream:
            assert stream.part()["jpeg"] not in pictures
    finally:
        pipe.unplug()


def next_other(stream, pictures):
    while True:
        part = stream.part()
        if part["jpeg"] not in pictures:
            return part


def test_http_1_0_client(site):
    with site.stream(version="1.0") as stream:
        assert stream.status == 200
        stream.parts(2)


def test_cap(make_site):
    """More viewers than allowed: 503, Retry-After, and room again when one leaves."""
    site = make_site(fcgi=["--max-streams=2", "--max-share=100"])
    first, second = site.stream(), site.stream()
    first.part(), second.part()
    with site.stream() as third:
        assert third.status == 503
        assert int(third.headers["retry-after"]) >= 1
        assert b"error" in third.body()
    first.close()

    def room():
        with site.stream() as again:
            return again.status == 200
    oriel.wait_for(room, patience=2)
    second.close()
