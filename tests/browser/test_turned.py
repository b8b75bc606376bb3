# SPDX-License-Identifier: ISC
"""Pictures that their EXIF turns: on the dashboard as in an <img>."""
import pytest

import odd
from browser import NAME
from oriel import wait_for
from pipe import Pipe

WIDTH, HEIGHT = 320, 192


def corner(column, row):
    """Its upper left quarter is dark, its upper right one middling."""
    return 200 if row >= HEIGHT // 16 else 20 if column < WIDTH // 16 else 110


def turned(orientation, order="<"):
    return odd.picture(WIDTH, HEIGHT, corner, before=odd.exif(orientation, order))


@pytest.fixture
def piped(make_site, tmp_path):
    pipe = Pipe(tmp_path / "fifo", [turned(1)])
    pipe.plug()
    site = make_site(cameras={"cam": ["--source=pipe", f"--input={tmp_path}/fifo"]}, hosts=NAME)
    site.allow("warning: ")
    site.pipe = pipe
    yield site
    pipe.unplug()


def test_the_picture_is_turned_as_an_img_turns_it(piped, browse):
    page = browse(piped).live()
    page.run("document.body.append(Object.assign(new Image(), { id: 'beside', hidden: true }))")
    for orientation in range(1, 9):
        order = "<>"[orientation % 2]
        piped.pipe.pictures = [turned(orientation, order)]
        size = [WIDTH, HEIGHT] if orientation < 5 else [HEIGHT, WIDTH]
        wait_for(lambda: [piped.status()[key] for key in ("width", "height")] == size)
        wait_for(lambda: piped.get("/snapshot.jpg").content == piped.pipe.pictures[0])
        page.run("document.getElementById('beside').src = `snapshot.jpg?${arguments[0]}`", orientation)
        wait_for(lambda: page.run("const img = document.getElementById('beside'); return img.complete && "
                                  "[img.naturalWidth, img.naturalHeight]") == size)
        wait_for(lambda: page.run("const canvas = document.getElementById('stream');"
                                  "return [canvas.width, canvas.height]") == size)

        def alike():
            return max(abs(a - b) for a, b in zip(page.pixels(), page.pixels("beside"))) < 24
        wait_for(alike)
        wait_for(lambda: page.text("facts").startswith(f"{size[0]} × {size[1]} "))
        shape = page.run("const box = document.getElementById('stream').getBoundingClientRect();"
                         "return box.width / box.height")
        assert abs(shape - size[0] / size[1]) < 0.02
