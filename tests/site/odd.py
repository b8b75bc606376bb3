# SPDX-License-Identifier: ISC
"""JPEGs as odd cameras and malicious people make them (ITU-T T.81). Each 8x8 block has one level, so any size is made quickly, and any
header can be written."""
import struct

SOI, EOI = b"\xff\xd8", b"\xff\xd9"
BASELINE, PROGRESSIVE = 0xC0, 0xC2

# Annex K.3's codes for the differences of means; one code for "nothing more in this block".
DC_COUNTS = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]
DC_CODES = ["00", "010", "011", "100", "101", "110", "1110", "11110", "111110", "1111110", "11111110", "111111110"]
AC_COUNTS = [0, 1] + [0] * 14
END_OF_BLOCK = "00"


def segment(marker, data):
    return struct.pack("!BBH", 0xFF, marker, len(data) + 2) + data


def comment(size):
    """About as many bytes of comments."""
    return segment(0xFE, b"c" * 65533) * (size // 65537) + segment(0xFE, b"c" * (size % 65537))


def tables():
    return (segment(0xDB, b"\0" + b"\x08" * 64) + segment(0xC4, bytes([0, *DC_COUNTS, *range(12)])) +
            segment(0xC4, bytes([0x10, *AC_COUNTS, 0])))


def frame(width, height, components=1, kind=BASELINE, sampling=0x11, bits=8):
    parts = b"".join(bytes([n + 1, sampling if n == 0 else 0x11, 0]) for n in range(components))
    return segment(kind, struct.pack("!BHHB", bits, height, width, components) + parts)


def scan(data, members=(1,), first=0, last=63, high=0, low=0):
    return segment(0xDA, bytes([len(members)]) + b"".join(bytes([n, 0]) for n in members) +
                   bytes([first, last, high << 4 | low])) + data


def pack(bits):
    bits += "1" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\x00")


def flat(blocks, end=END_OF_BLOCK):
    """Data of as many blocks of middle grey, quickly."""
    four = int((DC_CODES[0] + end) * 8, 2).to_bytes(len(DC_CODES[0] + end), "big")
    return (four * (blocks // 8 + 1))[:(blocks * len(DC_CODES[0] + end) + 7) // 8]


def data(levels, end=END_OF_BLOCK):
    """Blocks of these levels (0..255), one behind the other, of one component."""
    bits, before = [], 128
    for level in levels:
        difference, before = level - before, level
        size = abs(difference).bit_length()
        code = difference if difference >= 0 else difference + (1 << size) - 1
        bits.append(DC_CODES[size] + (format(code, f"0{size}b") if size else "") + end)
    return pack("".join(bits))


def blocks(width, height):
    return -(-width // 8) * -(-height // 8)


def picture(width, height, level=None, before=b"", says=None):
    """Grey; level(column, row) of each block; `before` stands behind SOI; `says` is another size for the header."""
    if level is None:
        coded = flat(blocks(width, height))
    else:
        coded = data(level(x, y) for y in range(-(-height // 8)) for x in range(-(-width // 8)))
    return SOI + before + tables() + frame(*(says or (width, height))) + scan(coded) + EOI


def exif(orientation, order="<"):
    head = b"II*\0" if order == "<" else b"MM\0*"
    return segment(0xE1, b"Exif\0\0" + head + struct.pack(order + "IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0))


def mpf(pictures, order="<"):
    head = b"II*\0" if order == "<" else b"MM\0*"
    return segment(0xE2, b"MPF\0" + head + struct.pack(order + "IHHHIIHHIII", 8, 2, 0xB000, 7, 4, 0x30313030,
                                                     0xB001, 4, 1, pictures, 0))


def progressive(width, height, components=1, scans=1, data=None):
    """The means of all components, then as many scans more that say nothing."""
    means = flat(blocks(width, height) * components, "") if data is None else data
    nothing = b"\0" * (blocks(width, height) // 4 + 1) if data is None else data
    rest = b"".join(scan(nothing, (1 + n % components,), 1 + n % 63, 1 + n % 63) for n in range(scans - 1))
    return (SOI + tables() + frame(width, height, components, PROGRESSIVE) +
            scan(means, range(1, components + 1), 0, 0) + rest + EOI)


def bombs():
    """Name and bytes of pictures that would take gigabytes, or seconds, of a decoder that believes them."""
    good = picture(640, 480)
    body = good[2:]
    yield "386 bytes, progressive 20000x20000", progressive(20000, 20000, 3, 10, b"\x2a" * 20)
    yield "its header says 65500x65500", picture(640, 480, says=(65500, 65500))
    yield "its header says 8000x8000", picture(640, 480, says=(8000, 8000))
    yield "progressive 8192x8192, all of it", progressive(8192, 8192)
    yield "progressive 2600x2600, all of it", progressive(2600, 2600, 3, 10)
    yield "progressive 3600x3600, four components", progressive(3600, 3600, 4, 2)
    yield "64 scans", progressive(2000, 2000, 3, 64)
    yield "5000 scans", progressive(640, 480, 3, 5000)
    yield "baseline 8192x8192, all of it", picture(8192, 8192)
    yield "baseline 65500x1024, all of it", picture(65500, 1024)
    yield "components one by one, 8192x4096", (SOI + tables() + frame(8192, 4096, 3) + b"".join(
        scan(flat(blocks(8192, 4096)), (n,)) for n in (1, 2, 3)) + EOI)
    yield "8 MiB of comments", SOI + comment((8 << 20) - 2 * len(good)) + body
    yield "20 MiB of comments", SOI + comment(20 << 20) + body
    yield "a million application segments", SOI + segment(0xE5, b"") * 1000000 + body
    yield "tables again and again", SOI + tables() * 20000 + body
    yield "20 MiB of data", SOI + tables() + frame(640, 480) + scan(b"\x2a" * (20 << 20)) + EOI
    yield "8 MiB of restarts", SOI + tables() + segment(0xDD, b"\0\1") + frame(640, 480) + scan(
        b"".join(b"\x2a\xff" + bytes([0xD0 + n % 8]) for n in range(8)) * 300000) + EOI
    yield "8 MiB of fill bytes", SOI + b"\xff" * ((8 << 20) - 2 * len(good)) + body
    yield "Exif without end", SOI + segment(0xE1, b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x01\x12" * 30000) + body
    yield "four thousand million pictures in one", SOI + mpf(0xFFFFFFFF) + body
