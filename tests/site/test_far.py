# SPDX-License-Identifier: ISC
"""Viewers at the other end of a line: all frames where it carries them, the newest where it does not."""
import json
import pathlib
import subprocess

import pytest

import oriel
from line import Line
from pipe import Clocked, Pipe

QUEUE = 250_000         # bytes a router holds


@pytest.fixture(scope="module")
def line():
    with Line() as line:
        yield line


@pytest.fixture(scope="module")
def far_site(sites, line, common_site, tmp_path_factory):
    """720p30 of 100 KB a picture would be 24 Mbit/s; here the picture is smaller, its bytes are not."""
    fifo = tmp_path_factory.mktemp("far") / "fifo"
    pipe = Pipe(fifo, Clocked(common_site.get("/snapshot.jpg").content, 100_000), fps=30)
    pipe.plug()
    site = sites.new(cameras={"cam": ["--source=pipe", f"--input={fifo}", "--motion=no"]}, addresses=("127.0.0.1", line.near))
    site.start().bound_unsent()
    yield site
    site.allow(r"input ended")
    pipe.unplug()
    sites.end(site)


def watch(line, site, seconds=3, warm=1.5, rate=0):
    """(frames a second, their median age in ms, the greatest) of one viewer; of the frames there were, by orield."""
    argv = line.inside([oriel.BUILD / "tests/bench/load", "mjpeg", line.near, site.port, "/stream.jpg", 1, seconds, warm, rate, 1])
    told = subprocess.run([str(a) for a in argv], stdout=subprocess.PIPE, text=True, check=True).stdout
    told = json.loads(told.splitlines()[-1])
    assert told["errors"] == 0
    kind = "slow_" if rate else ""
    return told["count"] / seconds, told[f"{kind}p50_ms"], told[f"{kind}max_ms"]


# The bench has the exact targets, on programs without sanitizers and a quieter machine.
@pytest.mark.parametrize("rtt, mbit, fps, age", [(50, 100, 24, 90), (100, 100, 24, 120), (50, 10, 9, 400)])
def test_far_viewer(far_site, line, rtt, mbit, fps, age):
    line.bend(rtt_ms=rtt, mbit=mbit, queue=max(QUEUE, mbit * 125 * rtt))
    got = watch(line, far_site)
    assert got[0] >= fps and got[1] <= age, got


def test_slow_reader_at_the_end_of_a_short_line(far_site, line):
    line.bend()
    got = watch(line, far_site, seconds=6, warm=3, rate=200_000)
    assert got[0] >= 1.5 and got[1] <= 1600 and got[2] <= 2100, got


def test_far_viewer_of_a_line_that_loses(far_site, line):
    """One packet in two hundred is lost: the stream goes on, with current pictures."""
    line.bend(rtt_ms=30, mbit=50, queue=QUEUE, loss=0.005)
    got = watch(line, far_site)
    line.bend()
    assert got[0] >= 5 and got[1] <= 500, got


def sent_again():
    """Segments of TCP, by the kernel of the near end."""
    names, values = (row.split() for row in pathlib.Path("/proc/net/snmp").read_text().splitlines() if row.startswith("Tcp:"))
    return int(values[names.index("RetransSegs")])


def test_far_viewer_of_a_line_that_loses_much(far_site, line):
    """One packet in fifty is lost, by the line's count and by what had to be sent again: still current pictures."""
    before = sent_again()
    line.bend(rtt_ms=30, mbit=50, queue=QUEUE, loss=0.02, seed=3)
    got = watch(line, far_site)
    passed, lost, _ = line.bend()
    assert passed > 500 and 0.01 < lost / (passed + lost) < 0.03, (passed, lost)
    assert sent_again() - before >= lost / 2
    assert got[0] >= 1 and got[1] <= 1500, got
