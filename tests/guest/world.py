# SPDX-License-Identifier: ISC
"""Helpers of the tests in the guest: cameras that can be pulled out, V4L2's own tools, and time limits."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import threading
import time

BUILD = pathlib.Path(os.environ.get("BUILD_DIR", "build")).resolve()
UVC_CAMERA = BUILD / "tests/guest/uvc-camera"
NODES = pathlib.Path("/sys/class/video4linux")
BY_ID = pathlib.Path("/dev/v4l/by-id")


def wait_for(what, seconds=10, pause=0.05):
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
        self.log = pathlib.Path(f"/run/camera-{serial}.log")
        self.link = BY_ID / f"usb-Oriel_{serial}-video-index0" if by_id else None
        self.process = None
        self.node = None

    def __enter__(self):
        return self.plug()

    def __exit__(self, *_):
        self.unplug()

    def plug(self):
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([UVC_CAMERA, "--port", str(self.port), "--serial", self.serial, *self.options],
                                            stdin=subprocess.PIPE, stdout=log, stderr=log)
        self.node = wait_for(self.find)
        for node in pathlib.Path("/dev").glob("video*"):    # what udev would do, here and below
            shutil.chown(node, group="video")
            node.chmod(0o660)
        if self.link:
            BY_ID.mkdir(parents=True, exist_ok=True)
            self.link.symlink_to(self.node)
        return self

    def find(self):
        assert self.process.poll() is None, self.log.read_text()
        for entry in NODES.glob("video*"):
            with contextlib.suppress(FileNotFoundError):    # the node of a cable just pulled may go meanwhile
                place = os.readlink(entry)
                if "vhci_hcd.0/usb" in place and f"-{self.port + 1}/" in place and \
                        (entry / "index").read_text() == "0\n":
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
        return self.log.read_text().splitlines() if self.log.exists() else []

    def frame(self, number, *options):
        """The bytes of one frame of the first size, as the camera sends them."""
        return subprocess.run([UVC_CAMERA, *self.options, *options, "--print", str(number)], check=True, timeout=20,
                              stdout=subprocess.PIPE).stdout


def frame_numbers(data):
    """The numbers of the MJPEG frames in these bytes."""
    return [int(digits) for digits in re.findall(rb"oriel frame (\d{8})", data)]


class Orield:
    """The daemon on one camera, with everything it says on its control socket."""

    count = 0

    def __init__(self, *options, state=None, program=(BUILD / "orield",), preload=""):
        Orield.count += 1
        self.folder = pathlib.Path(f"/run/orield-{Orield.count}")
        self.folder.mkdir()
        self.state = state or self.folder / "state"
        self.log = self.folder / "log"
        self.options = options
        self.program = program
        self.environment = dict(os.environ, LD_PRELOAD=str(preload))
        self.events = []

    def __enter__(self):
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*self.program, f"--run-dir={self.folder}", f"--state-dir={self.state}", "--log-level=debug",
                 *self.options], env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.subscribe()
        return self

    def __exit__(self, kind, *_):
        self.process.terminate()
        status = self.process.wait(10)
        self.listener.join(5)
        text = self.log.read_text(errors="replace")
        if kind:
            print(f"--- {self.log}\n{text[-6000:]}")
        else:
            assert status == 0, f"orield ended with {status}\n{text[-3000:]}"
            assert "Sanitizer" not in text and "runtime error" not in text, text

    def connect(self):
        path = self.folder / "cam/control.sock"

        def attempt():
            assert self.process.poll() is None, self.log.read_text(errors="replace")
            control = socket.socket(socket.AF_UNIX)
            control.settimeout(20)
            try:
                control.connect(str(path))
                return control
            except OSError:
                control.close()
                return None
        return wait_for(attempt)

    def command(self, name, **arguments):
        with self.connect() as control:
            control.sendall(json.dumps({"cmd": name, **arguments}).encode() + b"\n")
            return json.loads(control.makefile("rb").readline())

    def subscribe(self):
        control = self.connect()
        control.settimeout(None)
        control.sendall(b'{"cmd": "subscribe"}\n')

        def listen():
            with control:
                for line in control.makefile("rb"):
                    self.events.append((time.monotonic(), json.loads(line)))
        self.listener = threading.Thread(target=listen, daemon=True)
        self.listener.start()
        wait_for(lambda: self.events)

    def wait_event(self, event, since=0.0, seconds=10, **data):
        """When the first event of that kind with these data came, after `since`."""
        def found():
            for when, line in list(self.events):
                if when >= since and line.get("event") == event and all(
                        line["data"].get(key) == value for key, value in data.items()):
                    return when, line["data"]
            return None
        return wait_for(found, seconds)

    def status(self):
        return self.command("status")

    def wait_online(self, seconds=15):
        return wait_for(lambda: (status := self.status())["online"] and status, seconds)

    def wait_reason(self, words, seconds=10):
        return wait_for(lambda: words in (status := self.status())["reason"] and status, seconds)

    def snapshot(self):
        """The newest frame, as it is saved."""
        saved = self.command("snapshot_now")
        assert saved.get("ok"), saved
        return next(self.state.rglob(saved["name"])).read_bytes()

    def descriptors(self):
        folder = f"/proc/{self.process.pid}/fd"
        return sorted(os.readlink(f"{folder}/{number}") for number in os.listdir(folder))

    def memory_kb(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        return int(re.search(r"^Pss_Anon: *(\d+)", text, re.M).group(1))
