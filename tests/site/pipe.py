# SPDX-License-Identifier: ISC
"""A camera that can be unplugged: a FIFO that orield reads (source pipe)."""
import os
import threading
import time


class Pipe:
    """Writes pictures, in turn, at a rate; plug() and unplug() as you like."""

    def __init__(self, path, pictures, fps=20):
        self.path, self.pictures, self.fps = path, pictures, fps
        self.thread = None
        os.mkfifo(path)

    def plug(self):
        self.on = True
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        number = 0
        # Opens when somebody reads; a reader that goes is waited for again.
        while self.on:
            try:
                fifo = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                time.sleep(0.02)
                continue
            os.set_blocking(fifo, True)
            try:
                while self.on:
                    os.write(fifo, self.pictures[number % len(self.pictures)])
                    number += 1
                    time.sleep(1 / self.fps)
            except BrokenPipeError:
                pass
            finally:
                os.close(fifo)

    def unplug(self):
        self.on = False
        if self.thread:
            self.thread.join()


def padded(jpeg, size, words=b""):
    """The same picture, so many bytes long: comments (T.81, B.2.4.5) behind SOI, the first begins with `words`."""
    more = b""
    while len(jpeg) + len(more) < size:
        length = min(65533, size - len(jpeg) - len(more))
        more += b"\xff\xfe" + (length + 2).to_bytes(2, "big") + words.ljust(length, b".")
    return jpeg[:2] + more + jpeg[2:]


class Clocked:
    """Instead of a list of pictures: one that says when it was written, for tests/bench/load to know its age."""

    def __init__(self, jpeg, size):
        self.jpeg, self.size = jpeg, size

    def __len__(self):
        return 1

    def __getitem__(self, _):
        return padded(self.jpeg, self.size, b"ORIEL %d " % time.monotonic_ns())
