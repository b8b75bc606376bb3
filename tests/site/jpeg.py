# SPDX-License-Identifier: ISC
"""Just enough of JPEG (ITU-T T.81, annex B) to know a picture when it comes."""
import struct


def size(jpeg):
    """(width, height); ValueError when this is no whole JPEG."""
    if jpeg[:2] != b"\xff\xd8" or jpeg[-2:] != b"\xff\xd9":
        raise ValueError("no SOI or no EOI")
    at = 2
    while at + 4 <= len(jpeg):
        marker, length = struct.unpack_from("!HH", jpeg, at)
        if marker >> 8 != 0xFF:
            break
        if marker in (0xFFC0, 0xFFC1, 0xFFC2):
            height, width = struct.unpack_from("!HH", jpeg, at + 5)
            return width, height
        at += 2 + length
    raise ValueError("no frame header")
