# SPDX-License-Identifier: ISC
"""What the tests in the guest have in their hands: cameras that can be pulled out,
V4L2's own tools, and time limits."""
import os
import pathlib
import re
import subprocess
import time

BUILD = pathlib.Path(os.environ.get("BUILD_DIR", "build")).resolve()
UVC_CAMERA = BUILD / "tests/guest/uvc-camera"
NODES = pathlib.Path("/sys/class/video4linux")
BY_ID = pathlib.Path("/dev/v4l/by-id")


def wait_for(what, seconds=10, pause=0.02):
    """The first true answer of what()."""
    deadline = time.monotonic() + seconds
    while True:
        answer = what()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what}"
        time.sleep(pause)


def tool(*command, seconds=30, check=True):
    """Run a program to its end; its output, errors included."""
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=seconds)
    text = done.stdout.decode(errors="replace")
    assert not check or done.returncode == 0, f"{command}: {done.returncode}\n{text}"
    return text


def v4l2(node, *arguments, **options):
    return tool("v4l2-ctl", "-d", node, *arguments, **options)


class Camera:
    """A USB camera: plugged in while the program runs."""

    def __init__(self, *options, port=0, serial="1", by_id=False):
        self.port, self.serial, self.options = port, serial, options
        self.link = BY_ID / f"usb-Oriel_{serial}-video-index0" if by_id else None
        self.process = None
        self.node = None

    def __enter__(self):
        return self.plug()

    def __exit__(self, *_):
        self.unplug()

    def plug(self):
        self.log = pathlib.Path(f"/run/camera-{self.serial}.log")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([UVC_CAMERA, "--port", str(self.port), "--serial", self.serial, *self.options],
                                            stdin=subprocess.PIPE, stdout=log, stderr=log)
        self.node = wait_for(self.find)
        if self.link:   # what udev would do
            BY_ID.mkdir(parents=True, exist_ok=True)
            self.link.symlink_to(self.node)
        return self

    def find(self):
        assert self.process.poll() is None, self.log.read_text()
        for entry in NODES.glob("video*"):
            place = os.readlink(entry)
            if f"vhci_hcd.0/usb" in place and f"-{self.port + 1}/" in place and (entry / "index").read_text() == "0\n":
                return wait_for(lambda: os.path.exists(f"/dev/{entry.name}") and f"/dev/{entry.name}")
        return None

    def unplug(self):
        """Returns when the node is gone."""
        if self.process is None:
            return
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process = None
        if self.link:
            self.link.unlink(missing_ok=True)
        wait_for(lambda: not os.path.exists(self.node))

    def tell(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def said(self):
        return self.log.read_text().splitlines()

    def frame(self, number, *options):
        """The bytes of one frame of the first size, as the camera sends them."""
        return subprocess.run([UVC_CAMERA, *self.options, *options, "--print", str(number)], check=True, timeout=20,
                              stdout=subprocess.PIPE).stdout


def frame_numbers(data):
    """The numbers of the MJPEG frames in these bytes."""
    return [int(digits) for digits in re.findall(rb"oriel frame (\d{8})", data)]
