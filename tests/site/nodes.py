# SPDX-License-Identifier: ISC
"""Synthetic V4L2 cameras (tests/preload/camera.c) below the folder of the fixture `dev`."""
import pathlib


def plug(dev, text):
    """It appears with its text: the camera may be looking."""
    new = pathlib.Path(dev, ".new")
    new.write_text(text)
    new.rename(pathlib.Path(dev, "video0"))


def with_camera(make_site, dev, text):
    plug(dev, text)
    return make_site(cameras={"cam": ["--source=v4l2", "--device=/dev/video0"]},
                     prepare=lambda site: site.preload("orield", "camera.so", ORIEL_FAKE_DEV=dev))
