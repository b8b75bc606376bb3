# SPDX-License-Identifier: ISC
"""An orield that does what a test tells it: the control socket, a frame ring and a bell,
without camera, disk or clock of its own (docs/protocol.md; the layout is src/ring/ring.c's)."""
import fcntl
import json
import mmap
import os
import pathlib
import queue
import re
import selectors
import socket
import struct
import threading
import time

F_ADD_SEALS, SEALS = 1033, 0x1 | 0x2 | 0x4 | 0x10     # seal, shrink, grow, future write
HEADER, SLOT_HEADER = 4096, 128


class Ring:
    """The writer's side of a frame ring, and the bell."""

    def __init__(self, slots=6, slot_size=1 << 20, generation=None):
        self.slots, self.slot_size = slots, slot_size
        self.generation = generation or time.time_ns() // 1_000_000
        self.stride = (slot_size + SLOT_HEADER + 4095) & ~4095
        size = HEADER + slots * self.stride
        self.fd = os.memfd_create("oriel-ring", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(self.fd, size)
        self.map = mmap.mmap(self.fd, size)
        self.map[:48] = struct.pack("<8sIIQQIIQ", b"ORIELRG", 1, slots, size, self.generation, slot_size, self.stride, 0)
        fcntl.fcntl(self.fd, F_ADD_SEALS, SEALS)
        self.bell = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self.newest = 0

    def put(self, jpeg, mono_ns=None, wall_ns=None, width=64, height=48, encode_us=2100, stale_ms=0):
        """Publish one frame; its sequence. stale_ms=0: as an older orield, which does not say it."""
        self.newest += 1
        at = HEADER + self.newest % self.slots * self.stride
        self.map[at:at + 8] = struct.pack("<Q", 0)
        info = struct.pack("<QQQIIIIII", self.newest, wall_ns or time.time_ns(), mono_ns or time.monotonic_ns(),
                           width, height, len(jpeg), encode_us, 0, stale_ms)
        self.map[at + 8:at + 8 + len(info)] = info
        self.map[at + SLOT_HEADER:at + SLOT_HEADER + len(jpeg)] = jpeg
        self.map[at:at + 8] = struct.pack("<Q", self.newest)
        self.map[40:48] = struct.pack("<Q", self.newest)
        os.eventfd_write(self.bell, 1)
        return self.newest

    def close(self):
        os.close(self.bell)
        self.map.close()
        os.close(self.fd)


class Orield:
    """Serves run_dir/name/control.sock from a thread of its own.

    `events` is the log (dicts with id, type, ts, data) and may be given to the next one, as a disk
    would; `answers` overrides replies by command: a dict, or a function of the command; `asked`
    holds every command that came."""

    def __init__(self, run_dir, name="cam", events=None, ring=True, pruned=0, slots=6, slot_size=1 << 20):
        self.folder = pathlib.Path(run_dir) / name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.path = self.folder / "control.sock"
        self.events = events if events is not None else []
        self.pruned = pruned
        self.ring = Ring(slots, slot_size) if ring else None
        self.online, self.reason = True, ""
        self.settings = {"threshold": 12, "frame_count": 0, "trigger_count": 0}
        self.answers, self.asked, self.viewers = {}, [], {}
        self.subscribers, self.outputs = {}, {}
        self.jobs = queue.Queue()
        self.wake_read, self.wake_write = os.pipe()
        self.path.unlink(missing_ok=True)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen(16)
        self.thread = threading.Thread(target=self.loop, daemon=True)
        self.thread.start()

    # ---- for the tests ------------------------------------------------------

    def frame(self, jpeg, **info):
        return self.ring.put(jpeg, **info)

    def publish(self, kind, stored=True, **data):
        """Number, keep and send an event; its number."""
        data.setdefault("ts", time.time())
        line = {"event": kind, "data": data}
        if stored:
            line["id"] = self.last() + 1
            self.events.append({"id": line["id"], "type": kind, "ts": data["ts"], "data": data})
        self.call(lambda: self.send_all(line))
        return line.get("id")

    def tell(self, kind, **data):
        """A line without a number: state, pulse, ring."""
        self.call(lambda: self.send_all({"event": kind, "data": data}))

    def go(self, online, reason=""):
        """The camera leaves or comes back."""
        self.online, self.reason = online, reason
        self.publish("camera", online=online, reason=reason)
        self.tell("state", **self.state())

    def new_ring(self, **size):
        """As after a change of format: a new generation, and the word for it."""
        old, self.ring = self.ring, Ring(generation=(self.ring.generation + 1 if self.ring else None), **size)
        self.tell("ring", generation=self.ring.generation)
        if old:
            old.close()

    def stop(self):
        """Gone, as after kill -9: the socket's file stays."""
        self.jobs.put(None)
        os.write(self.wake_write, b"!")
        self.thread.join(10)
        if self.ring:
            self.ring.close()
            self.ring = None

    def count(self, command):
        return sum(1 for asked in self.asked if asked.get("cmd") == command)

    # ---- inside -------------------------------------------------------------

    def last(self):
        return self.events[-1]["id"] if self.events else self.pruned

    def call(self, job):
        done = threading.Event()
        self.jobs.put((job, done))
        os.write(self.wake_write, b"!")
        assert done.wait(10)

    def loop(self):
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.selector.register(self.wake_read, selectors.EVENT_READ)
        inputs = {}
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is self.listener:
                    peer, _ = self.listener.accept()
                    inputs[peer] = b""
                    self.selector.register(peer, selectors.EVENT_READ)
                elif key.fileobj == self.wake_read:
                    if not self.work():
                        for peer in inputs:
                            peer.close()
                        return
                else:
                    self.read(key.fileobj, inputs)

    def work(self):
        os.read(self.wake_read, 1)
        job = self.jobs.get()
        if job is None:
            self.listener.close()
            os.close(self.wake_read)
            os.close(self.wake_write)
            return False
        job[0]()
        job[1].set()
        return True

    def read(self, peer, inputs):
        try:
            piece = peer.recv(65536)
        except ConnectionError:
            piece = b""
        if not piece:
            self.drop(peer)
            inputs.pop(peer, None)
            return
        *lines, inputs[peer] = (inputs[peer] + piece).split(b"\n")
        for line in lines:
            self.tag, line = re.fullmatch(rb"(#\d+ )?(.*)", line).groups(b"")
            self.answer(peer, json.loads(line))

    def drop(self, peer):
        self.selector.unregister(peer)
        self.subscribers.pop(peer, None)
        self.viewers.pop(peer, None)
        peer.close()

    def send(self, peer, line, fds=()):
        text = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        if "event" not in line:
            text = self.tag + text
        try:
            if fds:
                socket.send_fds(peer, [text], fds)
            else:
                peer.sendall(text)
        except (BrokenPipeError, ConnectionError):
            pass

    def send_all(self, line):
        for peer, pulse in list(self.subscribers.items()):
            if line["event"] != "pulse" or pulse:
                self.send(peer, line)

    def answer(self, peer, command):
        self.asked.append(command)
        name = command["cmd"]
        if name in self.answers:
            reply = self.answers[name]
            reply = reply(command) if callable(reply) else reply
            if reply is not None:
                self.send(peer, reply)
            return
        getattr(self, f"do_{name}", self.do_unknown)(peer, command)

    def do_unknown(self, peer, command):
        self.send(peer, {"error": "unknown command", "code": "unknown_command"})

    def state(self):
        return {**self.settings, "online": self.online, "reason": self.reason}

    def do_status(self, peer, _):
        total = {kind: sum(v.get(kind, 0) for v in self.viewers.values()) for kind in ("stream", "events", "control")}
        self.send(peer, {"camera": self.folder.name, "online": self.online, "reason": self.reason, "stale": False,
                         "frames": self.settings["frame_count"], "viewers": total})

    def do_get(self, peer, _):
        self.send(peer, {**self.settings, "sources": {"threshold": "default"}})

    def do_set(self, peer, command):
        values = {key: value for key, value in command.items() if key not in ("cmd", "id")}
        if not values:
            self.send(peer, {"error": "missing threshold", "code": "missing_argument"})
            return
        unknown = [key for key in values if key not in self.settings]
        if unknown:
            self.send(peer, {"error": f"unknown setting {unknown[0]}", "code": "unknown_setting"})
            return
        self.settings.update(values)
        self.send(peer, {"ok": True, **values})
        self.send_all({"event": "state", "data": self.state()})

    def do_subscribe(self, peer, command):
        known = peer in self.subscribers
        self.subscribers[peer] = command.get("pulse", False)
        reply = {"ok": True, "last": self.last(), "state": self.state()}
        missed = []
        if "after" in command:
            after = command["after"]
            if after > self.last() or after < self.pruned:
                reply["gap"] = True
            else:
                missed = [event for event in self.events if event["id"] > after]
        self.send(peer, reply)
        if not known:
            for event in missed:
                self.send(peer, {"event": event["type"], "id": event["id"], "data": event["data"]})

    def do_attach(self, peer, _):
        if self.ring is None:
            self.send(peer, {"ok": False, "reason": "no frame yet", "code": "no_frame"})
        else:
            self.send(peer, {"ok": True, "generation": self.ring.generation}, (self.ring.fd, self.ring.bell))

    def do_viewers(self, peer, command):
        self.viewers[peer] = command
        self.send(peer, {"ok": True})

    def do_events(self, peer, command):
        chosen = [e for e in self.events if command.get("type") in (None, e["type"])]
        reply = {"first": self.events[0]["id"] if self.events else 0, "last": self.last()}
        if "after" in command:
            after = command["after"]
            if after > self.last() or after < self.pruned:
                reply["gap"] = True
            chosen = [e for e in chosen if e["id"] > after]
        else:
            chosen = [e for e in reversed(chosen) if e["id"] < command.get("before", 1 << 62)]
        self.send(peer, {"events": chosen[:command.get("limit", 50)], **reply})

    def do_snaps(self, peer, _):
        self.send(peer, {"snaps": [{"id": 1, "name": "manual-1.jpg", "url": "snaps/manual-1.jpg", "bytes": 5, "ts": 1, "keep": False}],
                         "count": 1, "bytes": 5})

    def do_snap_delete(self, peer, command):
        there = command["name"] == "manual-1.jpg"
        self.send(peer, {"ok": True} if there else {"ok": False, "reason": "no such picture", "code": "no_such_picture"})

    def do_controls(self, peer, _):
        self.send(peer, {"controls": []})
