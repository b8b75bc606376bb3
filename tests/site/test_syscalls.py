# SPDX-License-Identifier: ISC
"""System calls per snapshot and per delivered frame, counted by strace, so that a slower way is noticed."""
import re
import subprocess
import time

import pytest

import oriel

SNAPSHOTS, FRAMES, VIEWERS = 200, 60, 4
# Calls for memory belong to the sanitizers and the allocator; the rest of what may come in between is bounded below.
SLACK = 20


@pytest.fixture(scope="module")
def site(sites):
    site = sites.new(cameras={"cam": ["--source=testcard", "--width=1280", "--height=720", "--fps=20", "--motion=no"]})
    site.start()
    yield site
    sites.end(site)


class Strace:
    """What these processes call while the block runs."""

    def __init__(self, pids):
        self.argv = ["strace", "-c", "-f", "-qq", *(word for pid in pids for word in ("-p", str(pid)))]
        self.pids = pids

    def __enter__(self):
        self.process = subprocess.Popen(self.argv, stderr=subprocess.PIPE, text=True)
        oriel.wait_for(lambda: all(traced(pid) for pid in self.pids))
        return self

    def __exit__(self, *_):
        self.process.terminate()
        text = self.process.communicate()[1]
        rows = re.findall(r"^ *[\d.]+ +[\d.]+ +\d+ +(\d+) +(?:\d+ +)?(\w+)$", text, re.M)
        self.calls = {name: int(count) for count, name in rows if name != "total"}
        assert self.calls, text

    def of(self, *names):
        return sum(self.calls.get(name, 0) for name in names)

    @property
    def io(self):
        """All but what asks for memory or time."""
        return sum(self.calls.values()) - self.of("mmap", "munmap", "madvise", "mprotect", "brk", "getpid", "clock_gettime")


def traced(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return "TracerPid:\t0\n" not in status.read()


def workers(site, name):
    return oriel.children(site[name].pid)


def ask(site, count):
    for _ in range(count):
        assert site.get("/snapshot.jpg").status_code == 200


def test_a_snapshot_on_a_kept_connection_is_three_calls_of_the_worker(site):
    """Look at it in the socket, let libfcgi read it, answer; and one wait for the next."""
    ask(site, 10)
    with Strace(workers(site, "oriel-fcgi")) as strace:
        ask(site, SNAPSHOTS)
    assert strace.of("sendmsg", "writev", "write", "sendto") <= SNAPSHOTS + SLACK, strace.calls
    assert strace.of("recvfrom", "read", "recvmsg") <= 2 * SNAPSHOTS + SLACK, strace.calls
    assert strace.io <= 4 * SNAPSHOTS + 2 * SLACK, strace.calls


def test_a_snapshot_costs_nginx_two_reads_and_two_writes(site):
    """Request in, request on, answer in, answer out: a picture goes through in one piece of 128k."""
    ask(site, 10)
    with Strace(workers(site, "nginx")) as strace:
        ask(site, SNAPSHOTS)
    assert strace.of("recvfrom", "read", "readv") <= 2 * SNAPSHOTS + SLACK, strace.calls
    assert strace.of("writev", "sendto") <= 2 * SNAPSHOTS + SLACK, strace.calls     # write(2) is for the access log
    assert strace.of("connect") <= 2, strace.calls


def test_a_frame_is_one_call_per_viewer(site):
    streams = [site.stream() for _ in range(VIEWERS)]
    try:
        for stream in streams:
            stream.part()
        time.sleep(1)
        with Strace(workers(site, "oriel-fcgi")) as strace:
            for _ in range(FRAMES):
                for stream in streams:
                    stream.part()
    finally:
        for stream in streams:
            stream.close()
    # Bytes that lay in the sockets already were sent before; while the last parts were read, more came.
    frames = FRAMES + 10
    assert strace.of("sendmsg") >= FRAMES * VIEWERS / 2, strace.calls
    assert strace.of("sendmsg", "writev", "write", "sendto") <= frames * VIEWERS + SLACK, strace.calls
    assert strace.of("epoll_wait", "epoll_pwait", "epoll_pwait2") <= 2 * frames + SLACK, strace.calls
    assert strace.io <= frames * (VIEWERS + 2) + 2 * SLACK, strace.calls
