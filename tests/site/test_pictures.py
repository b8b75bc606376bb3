# SPDX-License-Identifier: ISC
"""Odd pictures, all the way from the camera to the viewer."""
import pathlib
import subprocess

import oriel
import odd
from pipe import Pipe

SAMPLES = pathlib.Path("/usr/share/gocode/src/github.com/rwcarlsen/goexif/exif")     # golang-github-rwcarlsen-goexif-dev


def grows(size):
    return odd.picture(160, 120, before=odd.comment(size))


def test_a_stream_goes_on_while_the_frames_grow(make_site, tmp_path):
    pipe = Pipe(tmp_path / "fifo", [grows(100)])
    pipe.plug()
    site = make_site(cameras={"cam": ["--source=pipe", f"--input={tmp_path}/fifo"]})
    site.allow("input ended")
    try:
        with site.stream() as stream:
            generations = {site.status()["generation"]}
            for size in 100, 41000, 400000, 4000000:
                pipe.pictures = [grows(size)]
                oriel.wait_for(lambda: stream.part()["jpeg"] == pipe.pictures[0])
                oriel.wait_for(lambda: site.get("/snapshot.jpg").content == pipe.pictures[0])
                generations.add(site.status()["generation"])
        assert len(generations) >= 3
        status = site.status()
        assert (status["counters"]["oversized"], status["counters"]["broken"], status["counters"]["reopens"]) == (0, 0, 0)
        assert [event["data"]["online"] for event in site.get("/history?type=camera").json()] == [True]
    finally:
        pipe.unplug()


def test_real_pictures_are_shown_where_browsers_show_them():
    """tests/unit/test_shown.c does this with generated pictures; here they are from real cameras. 49 have lost their picture."""
    files = sorted(SAMPLES.rglob("*.jpg"))
    assert len(files) == 61
    said = subprocess.run([oriel.BUILD / "tests/unit/test_shown", *files], capture_output=True, text=True, timeout=60)
    assert said.returncode == 0, said.stdout + said.stderr
    assert "12 of 61 files are shown" in said.stdout + said.stderr
