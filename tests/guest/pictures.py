# SPDX-License-Identifier: ISC
"""Pictures as arrays of red, green, blue, and how alike two of them are."""
import io

import numpy
from PIL import Image


def from_jpeg(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    return numpy.asarray(image.convert("RGB")).astype(float)


def from_rgb24(data, width, height):
    return numpy.frombuffer(data[:width * height * 3], numpy.uint8).reshape(height, width, 3).astype(float)


BT601, BT709 = numpy.array([0.299, 0.587, 0.114]), numpy.array([0.2126, 0.7152, 0.0722])


def grey(picture, weights=BT601):
    """The picture without its colours."""
    return numpy.repeat((picture @ weights)[:, :, None], 3, axis=2)


def halved(picture):
    """Two by two pixels made one: JPEG keeps colour at half the resolution."""
    height, width = picture.shape[0] // 2 * 2, picture.shape[1] // 2 * 2
    return picture[:height, :width].reshape(height // 2, 2, width // 2, 2, 3).mean(axis=(1, 3))


def psnr(a, b):
    assert a.shape == b.shape, f"{a.shape} and {b.shape}"
    error = ((a - b) ** 2).mean()
    return 99.0 if error == 0 else 10 * numpy.log10(255 ** 2 / error)


def likeness(a, b):
    """The worse PSNR of the two: without colour, and with colour at half the size."""
    return min(psnr(grey(a), grey(b)), psnr(halved(a), halved(b)))
