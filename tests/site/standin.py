# SPDX-License-Identifier: ISC
"""An orield played by the test: a control socket that answers as the test wants."""
import collections
import json
import os
import re
import socket
import threading


class Standin:
    """Listens at `folder`/control.sock. `answer(command)` gives the reply, a dict; None: no reply,
    the test sends one itself with reply()."""

    def __init__(self, folder, answer=lambda command: {"ok": True}):
        self.path, self.answer = folder / "control.sock", answer
        self.lines, self.peers = [], []     # commands as they came, without their tags; connections
        self.tags = collections.defaultdict(collections.deque)     # of those that wait for a reply
        self.news = threading.Condition()
        self.ended = threading.Event()      # a connection was closed from the other side
        folder.mkdir(exist_ok=True)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """As orield ends: everybody is hung up on."""
        for sock in self.listener, *self.peers:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()
        if self.path.exists():
            os.unlink(self.path)

    def accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            self.peers.append(peer)
            threading.Thread(target=self.serve, args=[peer], daemon=True).start()

    def serve(self, peer):
        try:
            for tagged in peer.makefile("rb"):
                tag, line = re.fullmatch(rb"(#\d+ )?(.*\n?)", tagged).groups(b"")
                command = json.loads(line)
                with self.news:     # who has seen a command come knows that it is answered
                    self.lines.append(line)
                    self.news.notify_all()
                    reply = {"ok": True} if command["cmd"] == "viewers" else self.answer(command)
                    if reply is not None:
                        self.send(peer, tag, reply)
                    else:
                        self.tags[peer].append(tag)
            self.ended.set()
        except OSError:
            pass

    def send(self, peer, tag, reply):
        peer.sendall(tag + json.dumps(reply).encode() + b"\n")

    def reply(self, reply, peer=None):
        """To the oldest command that waits; unasked, where none does."""
        peer = peer or self.peers[-1]
        self.send(peer, self.tags[peer].popleft() if self.tags[peer] else b"", reply)

    def commands(self, *names):
        """What came, those of these names only; all but `viewers` without names."""
        with self.news:
            commands = [json.loads(line) for line in self.lines]
        return [c for c in commands if (c["cmd"] in names if names else c["cmd"] != "viewers")]

    def wait_viewers(self, count):
        """Until that many clients were told. Before the test holds replies back: the one to
        `viewers` would overtake them."""
        self.wait(lambda commands: [c["control"] for c in commands if c["cmd"] == "viewers"][-1:] == [count])

    def wait(self, what, patience=10):
        """Until what(commands of any name) is true of what came."""
        with self.news:
            assert self.news.wait_for(lambda: what([json.loads(line) for line in self.lines]), patience), self.lines[-5:]
