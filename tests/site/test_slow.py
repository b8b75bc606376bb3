# SPDX-License-Identifier: ISC
"""Slow viewers that began at different moments, so that each is in the middle of another frame."""
import concurrent.futures
import json
import subprocess

import pytest

import oriel
from pipe import Pipe, padded


def load(site, mode, path, clients, seconds, rates, slow):
    """tests/bench/load: of the clients the first so many are slow, the first of them by the first rate, the last by the last."""
    argv = [oriel.BUILD / "tests/bench/load", mode, "127.0.0.1", site.port, path, clients, seconds, 1, rates, slow]
    told = subprocess.run([str(a) for a in argv], stdout=subprocess.PIPE, text=True, check=True).stdout
    return json.loads(told.splitlines()[-1])


@pytest.fixture
def piped(make_site, site, tmp_path):
    """A camera of pictures of a given size."""
    pipes = []

    def make(size, **kw):
        pipe = Pipe(tmp_path / "fifo", [padded(site.get("/snapshot.jpg").content, size)], fps=30)
        pipes.append(pipe)
        pipe.plug()
        made = make_site(cameras={"cam": ["--source=pipe", f"--input={tmp_path}/fifo", "--motion=no"]}, **kw)
        made.allow(r"input ended")
        return made.bound_unsent()
    yield make
    for pipe in pipes:
        pipe.unplug()


def test_forty_slow_readers(piped):
    """60 KB/s to 1 MB/s, and ten who take all."""
    site = piped(100_000)
    before = site.status()["frames"]
    told = load(site, "mjpeg", "/stream.jpg", 50, 10, "60000-1000000", 40)
    frames = site.status()["frames"] - before       # of 4.5 s more: the slow ones come one after the other
    assert (told["alive"], told["errors"]) == (50, 0), told
    assert told["slow_least"] >= 3 and told["least"] >= 0.9 * frames * 10 / 14.7, (told, frames)


def test_slow_streams_and_snapshots_of_large_pictures(piped):
    """Both at 30 KB/s: ten seconds a picture, of which more is on its way than buffers hold."""
    site = piped(300_000)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        both = pool.map(lambda way: load(site, *way, 12, 12, "30000", 12), (("mjpeg", "/stream.jpg"), ("get", "/snapshot.jpg")))
    for told in both:
        assert (told["alive"], told["errors"]) == (12, 0) and told["slow_count"] > 0, told
