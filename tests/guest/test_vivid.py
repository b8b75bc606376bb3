# SPDX-License-Identifier: ISC
"""On the kernel's virtual video driver: every raw format, requested and real modes, nodes that are no cameras, and the errors that the
driver can inject."""
import contextlib
import functools
import pathlib
import re
import signal
import subprocess
import time

import pytest

import pictures
from world import BUILD, Orield, v4l2, wait_for

# Three devices: a webcam input with its sizes and an HDMI input that scales to any; one
# that captures in several planes only; one that only puts out.
GUEST_MODULES = ["vivid n_devs=3 node_types=0x1,0x1,0x100 multiplanar=1,2,1 num_inputs=2,1,1 input_types=12,0,0"]
GUEST_TIMEOUT = 240
NODE, PLANES, OUTPUT = "/dev/video0", "/dev/video1", "/dev/video2"
WEBCAM, HDMI = 0, 1
FORMATS = ("yuyv", "uyvy", "nv12", "yuv420", "grey", "rgb24")
DRIVER = pathlib.Path("/sys/bus/platform/drivers/vivid")


@pytest.fixture(autouse=True)
def webcam():
    v4l2(NODE, "-i", WEBCAM, "-c", "osd_text_mode=2")   # no frame counter in the picture


def orield(*options, **more):
    return Orield("--source=v4l2", f"--device={NODE}", *options, **more)


# Formats

@functools.lru_cache
def reference(place, width, height):
    path = pathlib.Path("/run/reference")
    v4l2(NODE, "-i", place, f"--set-fmt-video=width={width},height={height},pixelformat=RGB3",
         "--stream-mmap", "--stream-count=1", f"--stream-to={path}")
    return pictures.from_rgb24(path.read_bytes(), width, height)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("place, width, height", [(WEBCAM, 640, 360), (HDMI, 332, 246)])
def test_shows_the_test_pattern(name, place, width, height):
    want = reference(place, width, height)
    v4l2(NODE, "-i", place)
    if name == "grey":
        want = pictures.grey(want, pictures.BT709)      # vivid's own weights
    with orield(f"--format={name}", f"--width={width}", f"--height={height}", "--quality=95") as daemon:
        status = daemon.wait_online()
        assert (status["format"], status["width"], status["height"]) == (name, width, height)
        likeness = pictures.likeness(pictures.from_jpeg(daemon.snapshot()), want)
    print(f"{name} {width}x{height}: {likeness:.1f} dB")
    assert likeness > 30


@pytest.mark.parametrize("name", FORMATS)
def test_lines_with_padding(name):
    want = reference(WEBCAM, 640, 360)
    if name == "grey":
        want = pictures.grey(want, pictures.BT709)
    with orield(f"--format={name}", "--width=640", "--height=360", "--quality=95",
                preload=BUILD / "tests/guest/padded.so") as daemon:
        daemon.wait_online()
        line = int(re.search(r"Bytes per Line *: (\d+)", v4l2(NODE, "--get-fmt-video"))[1])
        assert line >= {"yuyv": 2, "uyvy": 2, "rgb24": 3}.get(name, 1) * 640 + 64
        assert pictures.likeness(pictures.from_jpeg(daemon.snapshot()), want) > 30


# What is asked for and what one gets

@pytest.mark.parametrize("wish, width, height, fps", [
    (("--width=640", "--height=360", "--fps=30"), 640, 360, 30),        # exactly that
    (("--width=700", "--height=400", "--fps=30"), 640, 360, 30),        # the nearest size
    (("--width=640", "--height=480", "--fps=60"), 640, 480, 25),        # the nearest rate
    (("--width=640", "--height=360", "--fps=5"), 640, 360, 5),
    ((), 640, 480, 25),                     # the largest up to 1280x720 that is not slow
])
def test_the_driver_s_answer_is_what_status_says(wish, width, height, fps):
    with orield("--format=yuyv", *wish) as daemon:
        status = daemon.wait_online()
        said = v4l2(NODE, "--get-fmt-video", "--get-parm")
        assert f"{width}/{height}" in said and f"{fps}.000 (" in said
        assert (status["width"], status["height"], status["device"]) == (width, height, NODE)


def test_a_slow_camera_is_not_called_frozen():
    v4l2(NODE, "-i", WEBCAM)
    with orield("--format=yuyv", "--width=1920", "--height=1080", "--fps=1") as daemon:
        daemon.wait_online()
        time.sleep(5)
        status = daemon.status()
        assert status["online"] and status["counters"]["reopens"] == 0
        assert len([line for _, line in daemon.events if line.get("event") == "camera"]) == 1


def refused(device, words, *options):
    """One clear reason, said once, however long it lasts."""
    with Orield("--source=v4l2", f"--device={device}", *options) as daemon:
        daemon.wait_reason(words)
        time.sleep(1.5)
        status = daemon.status()
        assert not status["online"] and words in status["reason"]
        assert daemon.log.read_text().count(words) == 1
        return status["reason"]


@pytest.mark.parametrize("device, words", [
    (OUTPUT, "does not capture video"), (PLANES, "captures in several planes only"),
    ("/dev/null", "is no V4L2 device"), ("/etc/passwd", "is no V4L2 device"),
    ("/dev/video17", "no such camera"), ("/dev/v4l/by-id/usb-Nobody", "no such camera"),
])
def test_no_camera_has_one_clear_reason(device, words):
    assert refused(device, words).startswith(device)


def test_a_format_that_is_not_there():
    assert "mjpeg" in refused(NODE, "mjpeg", "--format=mjpeg")


def test_without_a_device_the_first_that_captures_is_taken():
    with Orield() as daemon:
        assert daemon.wait_online()["device"] == NODE


@contextlib.contextmanager
def held_by_another():
    holder = subprocess.Popen(["v4l2-ctl", "-d", NODE, "--stream-mmap", "--stream-count=1000000", "--silent"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: "busy" in v4l2(NODE, "--set-fmt-video=width=640,height=480", check=False).lower())
    try:
        yield
    finally:
        holder.kill()
        holder.wait()


def test_a_camera_in_use_is_waited_for():
    with held_by_another():
        daemon = orield().__enter__()
        daemon.wait_reason("in use by another program")
        time.sleep(7)       # tries become rarer, but not too rare
        assert daemon.log.read_text().count("in use by another program") == 1
    freed = time.monotonic()
    daemon.wait_online(seconds=3)
    print(f"online {time.monotonic() - freed:.1f} s after it was free")
    daemon.__exit__(None)


# Trouble

def goes_on(daemon, seconds=4):
    """Pictures come, and go on coming."""
    daemon.wait_online(seconds)
    first = daemon.status()["frames"]
    wait_for(lambda: daemon.status()["frames"] > first + 5, seconds)


def test_dropped_buffers_are_survived():
    with orield("--fps=25", "--width=640", "--height=480") as daemon:
        daemon.wait_online()
        v4l2(NODE, "-c", "percentage_of_dropped_buffers=60")
        try:
            goes_on(daemon)
            assert daemon.status()["counters"]["reopens"] == 0
        finally:
            v4l2(NODE, "-c", "percentage_of_dropped_buffers=0")


def test_buffers_that_are_flagged_bad_are_counted():
    with orield("--fps=25", "--width=640", "--height=480") as daemon:
        daemon.wait_online()
        while daemon.status()["counters"]["broken"] < 6:       # more than there are buffers
            v4l2(NODE, "-c", "inject_v4l2_buf_flag_error=1")
        goes_on(daemon)
        assert daemon.status()["counters"]["reopens"] == 0


@pytest.mark.parametrize("call", ["reqbufs", "qbuf", "streamon"])
def test_a_start_that_fails_is_tried_again(call):
    v4l2(NODE, "-c", f"inject_vidioc_{call}_error=1")
    with orield() as daemon:
        goes_on(daemon)
        assert "offline: /dev/video0: " in daemon.log.read_text()


def test_a_fatal_error_while_streaming():
    with orield("--fps=25", "--width=640", "--height=480") as daemon:
        daemon.wait_online()
        began = time.monotonic()
        v4l2(NODE, "-c", "inject_fatal_streaming_error=1")
        when, data = daemon.wait_event("camera", since=began, online=False)
        print(f"{data['reason']} after {when - began:.1f} s")
        goes_on(daemon)
        assert daemon.status()["counters"]["errors"] >= 1


def test_a_device_that_is_gone_for_a_moment():
    """vivid's `disconnect` button: it comes back when the last one has closed it."""
    with orield("--fps=25", "--width=640", "--height=480") as daemon:
        daemon.wait_online()
        began = time.monotonic()
        v4l2(NODE, "-c", "disconnect=1")
        when, data = daemon.wait_event("camera", since=began, online=False)
        assert when - began < 2
        daemon.wait_event("camera", since=when, online=True, seconds=3)
        goes_on(daemon)


def test_the_driver_is_unbound_and_bound():
    with orield("--fps=25", "--width=640", "--height=480") as daemon:
        daemon.wait_online()
        began = time.monotonic()
        (DRIVER / "unbind").write_text("vivid.0")
        when, data = daemon.wait_event("camera", since=began, online=False)
        print(f"{data['reason']} after {when - began:.1f} s")
        time.sleep(1)
        (DRIVER / "bind").write_text("vivid.0")
        back = time.monotonic()
        online, _ = daemon.wait_event("camera", since=back, online=True)
        print(f"online {online - back:.1f} s after the return")
        assert online - back < 3
        goes_on(daemon)


# Controls of kinds that USB cameras do not have

def controls(daemon):
    return {entry["name"]: entry for entry in daemon.command("controls")["controls"]}


def test_buttons_booleans_and_what_may_not_be_set():
    v4l2(NODE, "-c", "button=0", check=False)
    with orield("--width=640", "--height=480") as daemon:
        daemon.wait_online()
        listed = controls(daemon)
        assert listed["button"]["type"] == "button" and "value" not in listed["button"]
        assert daemon.command("control", button=True)["ok"]
        assert "button" in daemon.command("control", button=1)["error"]
        assert daemon.command("control", boolean=False)["ok"]
        assert controls(daemon)["boolean"]["value"] is False
        assert listed["menu"]["type"] == "menu" and listed["integer_menu"]["type"] == "menu"
        assert "volatile" in v4l2(NODE, "-L").split(" gain ")[1].splitlines()[0]
        assert listed["gain"]["volatile"]
        read_only = [entry for entry in listed.values() if entry["read_only"]]
        for entry in read_only:
            assert "read-only" in daemon.command("control", **{entry["name"]: 1})["error"]
        print(f"{len(listed)} controls, {len(read_only)} read-only")


def test_a_slider_moved_elsewhere_is_told():
    with orield("--width=640", "--height=480") as daemon:
        daemon.wait_online()
        began = time.monotonic()
        v4l2(NODE, "-c", "contrast=77")
        wait_for(lambda: any(
            entry["name"] == "contrast" and entry["value"] == 77
            for _, line in list(daemon.events) if line.get("event") == "controls" for entry in line["data"]["controls"]))
        print(f"told after {time.monotonic() - began:.2f} s")


def test_a_lost_signal_is_said():
    v4l2(NODE, "-i", HDMI)
    with orield("--width=640", "--height=480") as daemon:
        daemon.wait_online()
        v4l2(NODE, "-c", "dv_timings_signal_mode=1")
        try:
            daemon.wait_event("camera", online=False, seconds=5)
            daemon.wait_reason("signal")
        finally:
            back = time.monotonic()
            v4l2(NODE, "-c", "dv_timings_signal_mode=0")
        daemon.wait_event("camera", since=back, online=True, seconds=4)


# Confined

def test_confined_with_a_camera_on_an_older_kernel():
    """Linux 6.1: sockets and terminals' ioctls are seccomp's to refuse, the camera's go on."""
    with orield(preload=BUILD / "tests/preload/burglar.so") as daemon:
        daemon.wait_online()
        daemon.process.send_signal(signal.SIGUSR2)
        wait_for(lambda: "burglar: end" in daemon.log.read_text())
        text = daemon.log.read_text()
        assert "confined to files by Landlock 2, whose kernel lacks truncation, device ioctls, signals, " in text
        said = dict(re.findall(r"^burglar: (\S+) (\S+)$", text, re.M))
        refused = {said[name] for name in ("inet", "netlink", "execve", "ptrace", "ioctl-terminal", "truncate", "kill")}
        assert refused == {"ENOSYS"}
        assert {said[name] for name in ("write-passwd", "read-passwd", "list-root", "make-file")} == {"EACCES"}
        goes_on(daemon)
