# SPDX-License-Identifier: ISC
"""A line with delay, rate, queue and loss: tests/line/line, and sockets at its far end."""
import ctypes
import os
import socket
import subprocess
import threading

import oriel

CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


class Line:
    """From this network namespace to one that holds nothing else. The near end has an address (`near`) that a site can listen on. A distant
    client connects with connect(), or is started with inside()."""

    def __init__(self):
        assert os.geteuid() == 0, "a line with delay needs root: network namespaces and TUN devices are root's"
        number = os.getpid() % 16384 * 4        # 198.18.0.0/15 is for measurements: RFC 2544, C.2.2
        for self.number in range(number, number + 4, 2):
            self.near, self.far = (f"198.{18 + n // 65536}.{n // 256 % 256}.{n % 256}" for n in (self.number, self.number + 1))
            if not self.taken():
                break

    def taken(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((self.near, 0))
            except OSError:
                return False
        return True

    def __enter__(self):
        self.process = subprocess.Popen([oriel.BUILD / "tests/line/line", self.near, self.far], text=True, bufsize=1,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == "ready\n", "the line is not up"
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        assert self.process.wait(5) == 0

    def bend(self, rtt_ms=0.0, mbit=0.0, queue=0, loss=0.0, seed=1):
        """Set the line from now on: round trip in ms, 10^6 bits a second each way (0: no limit), bytes that may wait, share of the packets
        that is lost. Returns how many packets (passed, were lost, dropped) outward since the last call."""
        self.process.stdin.write(f"{int(rtt_ms * 500)} {int(mbit * 125000)} {queue} {int(loss * 1e6)} {seed}\n")
        return tuple(map(int, self.process.stdout.readline().split()))

    @property
    def namespace(self):
        return f"/proc/{self.process.pid}/ns/net"

    def inside(self, argv):
        return ["nsenter", f"--net={self.namespace}", *argv]

    def socket(self, kind=socket.SOCK_STREAM):
        """A socket at the far end: it belongs to the namespace its thread was in when it was made."""
        made = []

        def make():
            fd = os.open(self.namespace, os.O_RDONLY | os.O_CLOEXEC)
            try:
                if libc.setns(fd, CLONE_NEWNET) == -1:
                    raise OSError(ctypes.get_errno(), "setns")
                made.append(socket.socket(socket.AF_INET, kind))
            finally:
                os.close(fd)
        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        return made[0]

    def connect(self, port, receive_buffer=0, timeout=oriel.PATIENCE):
        sock = self.socket()
        sock.settimeout(timeout)
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.connect((self.near, port))
        return sock
