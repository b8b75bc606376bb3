# SPDX-License-Identifier: ISC
"""The whole site, nginx and all, on a USB camera."""
import contextlib
import json
import re
import socket
import subprocess
import time

import pytest

import oriel
import pictures
import wire
from world import Camera, frame_numbers, tool, v4l2, wait_for

GUEST_MODULES = ["uvcvideo", "vhci-hcd"]
GUEST_TIMEOUT = 240
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
def tidy(site, camera):
    if camera.process is None:
        camera.plug()
    wait_for(lambda: site.status()["online"])
    site.begin()
    site.allow("capture: offline")
    yield
    assert not list(site.complaints())


def exact(camera, jpeg):
    """Is it, byte by byte, a frame of the camera? Its number."""
    number = frame_numbers(jpeg)[0]
    assert jpeg == camera.first.replace(b"frame 00000001", b"frame %08d" % number)
    return number


def orielctl(site, *arguments):
    return tool(oriel.BUILD / "orielctl", f"--run-dir={site.folder}", *arguments)


@pytest.fixture(scope="module", autouse=True)
def first_frame(camera):
    camera.first = camera.frame(1)


def test_the_stream_is_the_camera_s_bytes_in_order_none_twice(site, camera):
    with site.stream() as one, site.stream() as other:
        for stream in (one, other):
            numbers = [exact(camera, stream.part()["jpeg"]) for _ in range(60)]
            assert numbers == sorted(set(numbers)), numbers
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
    """ustreamer, on the same camera in the same guest: a control. What it cannot do, the guest cannot do."""
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
        assert len(numbers) > 30
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
        data = events.wait("camera", patience=SEEN_GONE, when=lambda data: not data["online"])["data"]
        assert "unplugged" in data["reason"]
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
        events.wait("camera", patience=SEEN_BACK, when=lambda data: data["online"])
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


# The camera's own controls

def control(site, name):
    return next(entry for entry in site.get("/controls").json()["controls"] if entry["name"] == name)


def value(site, name):
    return control(site, name)["value"]


def was_set(camera, line):
    return wait_for(lambda: line in camera.said(), 5)


def test_controls_are_what_the_driver_says(site, camera):
    brightness = control(site, "brightness")
    assert {key: brightness[key] for key in ("label", "type", "value", "default", "min", "max", "step")} == {
        "label": "Brightness", "type": "integer", "value": 0, "default": 0, "min": -64, "max": 64, "step": 1}
    line = control(site, "power_line_frequency")
    assert line["type"] == "menu" and [item["label"] for item in line["menu"]] == ["Disabled", "50 Hz", "60 Hz"]
    exposure = control(site, "auto_exposure")
    assert [item["value"] for item in exposure["menu"]] == [1, 3]       # the menu has holes
    assert control(site, "exposure_time_absolute")["inactive"] and not exposure["inactive"]
    assert control(site, "white_balance_automatic")["type"] == "boolean"
    names = set(re.findall(r"^ +(\w+) 0x", v4l2(camera.node, "-L"), re.M))
    assert {entry["name"] for entry in site.get("/controls").json()["controls"]} == names


def test_controls_are_set_on_every_way(site, camera):
    answer = site.post("/controls", json={"brightness": 10})
    assert (answer.status_code, value(site, "brightness")) == (200, 10)
    assert was_set(camera, "set brightness 10")
    with site.control() as control_socket:
        assert control_socket.ask({"cmd": "control", "contrast": 7, "white_balance_automatic": False})["ok"]
    assert was_set(camera, "set contrast 7") and was_set(camera, "set white_balance_auto 0")
    assert not control(site, "white_balance_temperature")["inactive"]
    assert site.command({"cmd": "control", "power_line_frequency": 2})["ok"]
    assert was_set(camera, "set power_line 2")
    orielctl(site, "control", "sharpness=5")
    assert was_set(camera, "set sharpness 5")
    assert "sharpness" in orielctl(site, "controls")


@pytest.mark.parametrize("wish, words", [
    ({"brightness": 65}, "brightness out of range (-64 to 64)"),
    ({"gain": 3}, "gain out of range (0 to 100 in steps of 4)"),
    ({"brightness": "10"}, "brightness must be an integer"),
    ({"auto_exposure": 2}, "auto_exposure out of range"),
    ({"white_balance_automatic": 1}, "white_balance_automatic must be true or false"),
    ({"no_such": 1}, "unknown control no_such"),
    ({"saturation": 1, "brightness": 1000}, "brightness out of range"),
])
def test_a_wrong_value_is_refused_and_nothing_set(site, camera, wish, words):
    before = camera.said()
    answer = site.post("/controls", json=wish)
    assert answer.status_code == 400 and words in answer.json()["error"]
    assert camera.said() == before


def test_an_inactive_control_says_so(site, camera):
    answer = site.post("/controls", json={"exposure_time_absolute": 77})
    assert answer.status_code != 200 and "inactive" in answer.text
    assert site.post("/controls", json={"auto_exposure": 1, "exposure_time_absolute": 77}).status_code == 200
    assert was_set(camera, "set exposure_time 77")


def test_what_others_set_shows_up(site, camera):
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(10)
        line.connect(str(site.folder / "cam/control.sock"))
        line.sendall(b'{"cmd": "subscribe"}\n')
        said = line.makefile("rb")
        said.readline()
        v4l2(camera.node, "-c", "saturation=33")
        for event in map(json.loads, said):     # what was set just before may be told first
            values = {entry["name"]: entry.get("value") for entry in event["data"].get("controls", [])}
            if values.get("saturation") == 33:
                break
    assert value(site, "saturation") == 33


def test_what_was_set_is_set_again(site, camera):
    """After a replug, and after orield was killed and the camera plugged out meanwhile."""
    site.outage()
    site.allow("has closed the connection")
    assert site.post("/controls", json={"brightness": -5}).status_code == 200
    camera.unplug()
    wait_for(lambda: not site.status()["online"])
    camera.plug()
    assert was_set(camera, "set brightness -5")
    wait_for(lambda: site.status()["online"])
    assert value(site, "brightness") == -5 and value(site, "saturation") == 64   # not set by us: the camera's default
    site["orield"].kill()
    camera.unplug()
    camera.plug()
    site["orield"].start()
    assert was_set(camera, "set brightness -5")
    site.wait_ready()


def test_orielctl_lists_the_camera(site, camera):
    text = orielctl(site, "cameras")
    for words in (camera.node, "Oriel test camera", "mjpeg", "640x480", "yuyv", "320x240", "30"):
        assert words in text, text
    print(text)
