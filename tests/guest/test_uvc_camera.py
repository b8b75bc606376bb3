# SPDX-License-Identifier: ISC
"""The camera program itself, by the tools of v4l-utils: when these fail, the fault is
in the harness and not in Oriel."""
import pathlib
import time

import pytest

from world import Camera, frame_numbers, v4l2, wait_for

GUEST_MODULES = ["uvcvideo", "vhci-hcd"]
GUEST_TIMEOUT = 120


def capture(camera, size, pixels, count, *options, seconds=20):
    path = pathlib.Path("/run/captured")
    width, height = size.split("x")
    v4l2(camera.node, f"--set-fmt-video=width={width},height={height},pixelformat={pixels}", "--set-parm=30",
         "--stream-mmap", f"--stream-count={count}", f"--stream-to={path}", *options, seconds=seconds)
    return path.read_bytes()


@pytest.fixture(scope="module")
def camera():
    with Camera() as camera:
        yield camera


def test_says_what_it_can(camera):
    text = v4l2(camera.node, "--list-formats-ext")
    assert "'MJPG'" in text and "'YUYV'" in text
    assert text.count("Size: Discrete") == 5 and text.count("(15.000 fps)") == 5


def test_mjpeg_frames_are_the_bytes_it_prints(camera):
    data = capture(camera, "640x480", "MJPG", 20)
    numbers = frame_numbers(data)
    assert len(set(numbers)) == 20      # in some order: uvcvideo may finish one behind the next
    assert data == b"".join(camera.frame(number) for number in numbers)


def test_yuyv_frames_are_the_bytes_it_prints(camera):
    data = capture(camera, "320x240", "YUYV", 3)
    squares = data[:320 * 2 * 8:8 * 2][:32]
    first = int("".join("1" if luma > 128 else "0" for luma in squares), 2)
    assert len(data) == 3 * 320 * 240 * 2
    assert data[:320 * 240 * 2] == camera.frame(first, "--mjpeg", "", "--yuyv", "320x240")


def test_a_still_camera_says_nothing(camera):
    camera.tell("freeze")
    try:
        with pytest.raises(Exception, match="timed out"):
            capture(camera, "640x480", "MJPG", 1, seconds=2)
    finally:
        camera.tell("go")
    assert len(frame_numbers(capture(camera, "640x480", "MJPG", 2))) == 2


def test_spoils_frames(camera):
    whole = len(camera.frame(1))
    for command, numbers, length in (("truncate 2", 4, 3 * whole), ("garbage 2", 2, 4 * whole)):
        camera.tell(command)
        data = capture(camera, "640x480", "MJPG", 4)
        assert (len(frame_numbers(data)), len(data)) == (numbers, length)


def test_controls(camera):
    v4l2(camera.node, "-c", "brightness=10")
    assert "set brightness 10" in camera.said()
    assert "flags=inactive" in v4l2(camera.node, "-L").split("exposure_time_absolute")[1].splitlines()[0]
    assert "Permission denied" in v4l2(camera.node, "-c", "exposure_time_absolute=77", check=False)
    v4l2(camera.node, "-c", "auto_exposure=1", "-c", "exposure_time_absolute=77")
    assert "set exposure_time 77" in camera.said()


def test_a_pulled_cable(camera):
    node = camera.node
    for _ in range(3):
        began = time.monotonic()
        camera.unplug()
        camera.plug()
        assert camera.node == node and time.monotonic() - began < 5


def test_two_cameras_change_places():
    first, second = Camera(port=1, serial="a"), Camera(port=2, serial="b")
    with second:
        with first:
            before = first.node
            second.unplug()
        second.plug()
        with first:
            assert {first.node, second.node} != {before} and first.node != second.node
    wait_for(lambda: not pathlib.Path(first.node).exists())
