# SPDX-License-Identifier: ISC
"""The whole site, nginx and all, on a USB camera."""
import contextlib
import re
import socket
import subprocess
import time

import pytest

import oriel
import pictures
import wire
from world import Camera, frame_numbers, wait_for

GUEST_MODULES = ["uvcvideo", "vhci-hcd"]
GUEST_TIMEOUT = 150
SEEN_GONE, SEEN_BACK = 2, 3     # seconds


@pytest.fixture(scope="module")
def camera():
    with Camera("--mjpeg", "640x480", "--yuyv", "320x240", by_id=True) as camera:
        yield camera


@pytest.fixture(scope="module")
def site(camera):
    site = oriel.Site(cameras={"cam": ["--source=v4l2", f"--device={camera.link}"]})
    site.start()
    yield site
    site.stop()


@pytest.fixture(autouse=True)
def tidy(site):
    site.begin()
    site.allow("capture: offline")
    yield
    assert not list(site.complaints())


def exact(camera, jpeg):
    """Is it, byte by byte, a frame of the camera? Its number."""
    number = frame_numbers(jpeg)[0]
    assert jpeg == camera.first.replace(b"frame 00000001", b"frame %08d" % number)
    return number


@pytest.fixture(scope="module", autouse=True)
def first_frame(camera):
    camera.first = camera.frame(1)


def test_the_stream_is_the_camera_s_bytes_in_order_none_twice(site, camera):
    with site.stream() as one, site.stream() as other:
        for stream in (one, other):
            numbers = [exact(camera, stream.part()["jpeg"]) for _ in range(60)]
            assert numbers == sorted(set(numbers))
            skipped = numbers[-1] - numbers[0] + 1 - len(numbers)
            print(f"{skipped} of {numbers[-1] - numbers[0] + 1} frames skipped")


def frames_of(port, path, count):
    """JPEGs of a server that has its own ways with multipart."""
    with wire.Connection(port, path) as connection:
        for _ in range(count):
            head = connection.until(b"\r\n\r\n")
            if b"Content-Length" not in head:
                head = connection.until(b"\r\n\r\n")
            yield connection.take(int(re.search(rb"Content-Length: *(\d+)", head)[1]))


def test_a_control_sees_the_same_camera(site, camera):
    """ustreamer, on the same camera in the same guest: what it cannot do, the guest cannot."""
    site.outage()
    site.allow("has closed the connection")
    site["orield"].stop()
    port = oriel.free_port()
    with open("/run/ustreamer.log", "wb") as log:
        control = subprocess.Popen(["ustreamer", f"--device={camera.node}", "--format=MJPEG", "--encoder=HW",
                                    "--resolution=640x480", "--desired-fps=30", f"--port={port}"], stdout=log, stderr=log)
    try:
        def open_port():
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return True
        wait_for(open_port)
        numbers = [exact(camera, jpeg) for jpeg in frames_of(port, "/stream", 60) if frame_numbers(jpeg)]
        print(f"ustreamer: {numbers[-1] - numbers[0] + 1 - len(numbers)} of {numbers[-1] - numbers[0] + 1} frames skipped")
        assert len(numbers) > 30 and numbers == sorted(numbers)
    finally:
        control.terminate()
        control.wait(10)
        site["orield"].start()
        site.wait_ready()


def test_a_pulled_cable_is_seen_everywhere(site, camera):
    with site.stream() as stream, site.events() as events:
        events.wait("state")
        exact(camera, stream.part()["jpeg"])
        began = time.monotonic()
        camera.unplug()
        data = events.wait("camera", patience=SEEN_GONE)["data"]
        assert not data["online"] and "unplugged" in data["reason"]
        while True:
            jpeg = stream.part()["jpeg"]
            if not frame_numbers(jpeg):
                break
        placard = time.monotonic() - began
        print(f"the stream says why after {placard:.2f} s")
        assert placard < SEEN_GONE and pictures.from_jpeg(jpeg).shape == (480, 640, 3)
        status = site.get("/status").json()
        assert not status["online"] and status["reason"]
        wait_for(lambda: site.get("/snapshot.jpg").status_code == 503, 5)
        answer = site.get("/snapshot.jpg")
        assert "camera" in answer.json()["error"].lower() and "Retry-After" in answer.headers
        assert site.get("/readyz").status_code == 503 and site.get("/healthz").status_code == 200

        camera.plug()
        back = time.monotonic()
        assert events.wait("camera", patience=SEEN_BACK)["data"]["online"]
        while not frame_numbers(stream.part()["jpeg"]):
            pass
        seen = time.monotonic() - back
        print(f"the stream shows the camera {seen:.2f} s after its return")
        assert seen < SEEN_BACK
        assert site.get("/snapshot.jpg").status_code == 200


def test_motion_in_front_of_the_camera_is_an_event(site, camera):
    site.post("/config", json={"threshold": 5})
    with site.events() as events:
        events.wait("state")
        time.sleep(2)
        camera.tell("place 2")
        event = events.wait("motion")["data"]
        assert event["change"] > 5
        saved = site.get(f"/snaps/{event['saved']}")
        assert saved.status_code == 200 and len(frame_numbers(saved.content)) == 1
    camera.tell("place 0")
