# SPDX-License-Identifier: ISC
"""What an echo server has to do with good and bad WebSocket traffic.

The 301 cases of groups 1 to 7, 9 and 10 of the well-known Autobahn test suite,
written anew from RFC 6455 and from what each of them is about, numbered as
there. A case is data: rounds of bytes to send with the frames expected in return,
and how the connection ends.
"""
from typing import NamedTuple

from wsclient import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Frame, close_payload, encode

FRAMES, OCTETS = "frames", 1    # ways to cut what is sent; else all at once or every N bytes


class Round(NamedTuple):
    frames: list                # of bytes, or a function that makes it: megabytes are not kept
    expect: list = []           # of (opcode, payload), or a function
    cut: object = None


class Case(NamedTuple):
    name: str
    rounds: list
    close: object               # the payload of our Close; None: the rounds bring the end about
    end: object                 # the code of the server's Close
    repeat: int = 1


CASES = []


def case(name, *rounds, end=None, close=close_payload(1000), repeat=1):
    """With `end` the server has to end it, with that code; else we do, with `close`."""
    if end is not None:
        close = None
    else:
        end = Frame(CLOSE, close).code
    CASES.append(Case(name, list(rounds), close, end, repeat))


def text(payload="Hello, world!", **how):
    return encode(TEXT, payload, **how)


def echo(payload="Hello, world!", opcode=TEXT):
    return (opcode, payload.encode() if isinstance(payload, str) else payload)


def message(opcode, byte, size, cut=None):
    """One frame of `size` bytes, and its echo."""
    return Round(lambda: [encode(opcode, byte * size)], lambda: [(opcode, byte * size)], cut)


def fragments(payload, size, opcode=TEXT):
    """One message in frames of `size` bytes."""
    parts = [payload[at:at + size] for at in range(0, len(payload), size)]
    return [encode(CONTINUATION if at else opcode, part, fin=at == len(parts) - 1)
            for at, part in enumerate(parts)]


# ---- 1: messages of each length form

for group, opcode, byte in (1, TEXT, b"*"), (2, BINARY, b"\xfe"):
    for number, (size, cut) in enumerate([(0, None), (125, None), (126, None), (127, None), (128, None),
                                          (65535, None), (65536, None), (65536, 997)], 1):
        case(f"1.{group}.{number}", message(opcode, byte, size, cut))

# ---- 2: pings and pongs

PINGS = [b"payload-%d" % number for number in range(10)]
case("2.1", Round([encode(PING)], [(PONG, b"")]))
case("2.2", Round([encode(PING, "Hello, world!")], [(PONG, b"Hello, world!")]))
case("2.3", Round([encode(PING, b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff")], [(PONG, b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff")]))
case("2.4", Round([encode(PING, b"\xfe" * 125)], [(PONG, b"\xfe" * 125)]))
case("2.5", Round([encode(PING, b"\xfe" * 126)]), end=1002)
case("2.6", Round([encode(PING, b"\xfe" * 125)], [(PONG, b"\xfe" * 125)], OCTETS))
case("2.7", Round([encode(PONG)]))
case("2.8", Round([encode(PONG, "unsolicited pong payload")]))
case("2.9", Round([encode(PONG, "unsolicited"), encode(PING, "ping payload")], [(PONG, b"ping payload")]))
case("2.10", Round([encode(PING, ping) for ping in PINGS], [(PONG, ping) for ping in PINGS]))
case("2.11", Round([encode(PING, ping) for ping in PINGS], [(PONG, ping) for ping in PINGS], OCTETS))

# ---- 3: reserved bits

case("3.1", Round([text(rsv=1)]), end=1002)
for number, rsv, cut in (2, 2, None), (3, 3, FRAMES), (4, 4, OCTETS):
    case(f"3.{number}", Round([text(), text(rsv=rsv), encode(PING)], [echo()], cut), end=1002)
case("3.5", Round([encode(BINARY, b"\x00\xff\xfe\xfd", rsv=5)]), end=1002)
case("3.6", Round([encode(PING, "Hello, world!", rsv=6)]), end=1002)
case("3.7", Round([encode(CLOSE, close_payload(1000), rsv=7)]), end=1002)

# ---- 4: opcodes nobody has defined

for group, first in (1, 3), (2, 11):
    case(f"4.{group}.1", Round([encode(first)]), end=1002)
    case(f"4.{group}.2", Round([encode(first + 1, "reserved opcode payload")]), end=1002)
    case(f"4.{group}.3", Round([text(), encode(first + 2), encode(PING)], [echo()]), end=1002)
    case(f"4.{group}.4", Round([text(), encode(first + 3, "reserved"), encode(PING)], [echo()], FRAMES), end=1002)
    case(f"4.{group}.5", Round([text(), encode(first + 4, "reserved"), encode(PING)], [echo()], OCTETS), end=1002)

# ---- 5: fragments

ONE, TWO = text("fragment1", fin=False), encode(CONTINUATION, "fragment2")
LOOSE, LOOSE_OPEN = encode(CONTINUATION, "loose"), encode(CONTINUATION, "loose", fin=False)
BOTH = echo("fragment1fragment2")
case("5.1", Round([encode(PING, "fragment1", fin=False), TWO]), end=1002)
case("5.2", Round([encode(PONG, "fragment1", fin=False), TWO]), end=1002)
for number, cut in (3, None), (4, FRAMES), (5, OCTETS):
    case(f"5.{number}", Round([ONE, TWO], [BOTH], cut))
for number, cut in (6, None), (7, FRAMES), (8, OCTETS):
    case(f"5.{number}", Round([ONE, encode(PING, "ping"), TWO], [(PONG, b"ping"), BOTH], cut))
for number, cut in (9, None), (10, FRAMES), (11, OCTETS):
    case(f"5.{number}", Round([LOOSE, text()], [], cut), end=1002)
for number, cut in (12, None), (13, FRAMES), (14, OCTETS):
    case(f"5.{number}", Round([LOOSE_OPEN, text()], [], cut), end=1002)
case("5.15", Round([ONE, TWO, LOOSE_OPEN, text()], [BOTH]), end=1002)
case("5.16", Round([LOOSE_OPEN, ONE, TWO] * 2), end=1002)
case("5.17", Round([LOOSE, ONE, TWO] * 2), end=1002)
case("5.18", Round([ONE, text("fragment2")]), end=1002)
for number, cut in (19, None), (20, OCTETS):
    case(f"5.{number}",
         Round([text("f1", fin=False), encode(CONTINUATION, "f2", fin=False), encode(PING, "p1")],
               [(PONG, b"p1")], cut),
         Round([encode(CONTINUATION, "f3", fin=False), encode(CONTINUATION, "f4", fin=False),
                encode(PING, "p2"), encode(CONTINUATION, "f5")], [(PONG, b"p2"), echo("f1f2f3f4f5")], cut))

# ---- 6: UTF-8 in text

GREETING = "Hello-µ@ßöäüàá-UTF-8!!".encode()
KOSME = bytes.fromhex("cebae1bdb9cf83cebcceb5")
SURROGATE = bytes.fromhex("eda080") + b"edited"
case("6.1.1", Round([text("")], [echo("")]))
case("6.1.2", Round([text("", fin=False), encode(CONTINUATION, fin=False), encode(CONTINUATION)], [echo("")]))
case("6.1.3", Round([text("", fin=False), encode(CONTINUATION, "middle", fin=False), encode(CONTINUATION)],
                    [echo("middle")]))
case("6.2.1", Round([text(GREETING)], [echo(GREETING)]))
case("6.2.2", Round(fragments(GREETING, len("Hello-µ@ßöä".encode())), [echo(GREETING)]))
case("6.2.3", Round(fragments(GREETING, 1), [echo(GREETING)]))
case("6.2.4", Round(fragments(KOSME, 1), [echo(KOSME)]))
case("6.3.1", Round([text(KOSME + SURROGATE)]), end=1007)
case("6.3.2", Round(fragments(KOSME + SURROGATE, 1)), end=1007)
# Fail fast: what follows the bad byte is never sent, yet the answer must come.
ABOVE = bytes.fromhex("f4908080")       # U+110000: bad from its second byte on
case("6.4.1", Round([text(KOSME, fin=False)]), Round([encode(CONTINUATION, ABOVE, fin=False)]), end=1007)
case("6.4.2", Round([text(KOSME + ABOVE[:1], fin=False)]),
     Round([encode(CONTINUATION, ABOVE[1:2], fin=False)]), end=1007)
WHOLE = text(KOSME + ABOVE + b"edited", key=b"\0\0\0\0")
HEAD = 6 + len(KOSME)
case("6.4.3", Round([WHOLE[:HEAD]]), Round([WHOLE[HEAD:HEAD + 4]]), end=1007)
case("6.4.4", Round([WHOLE[:HEAD + 1]]), Round([WHOLE[HEAD + 1:HEAD + 2]]), end=1007)


def utf8(group, *payloads):
    """One text frame each: echoed if Python too takes it for UTF-8, else 1007."""
    for number, payload in enumerate(payloads, 1):
        if isinstance(payload, str):
            payload = bytes.fromhex(payload)
        try:
            payload.decode()
            case(f"6.{group}.{number}", Round([text(payload)], [echo(payload)]))
        except UnicodeDecodeError:
            case(f"6.{group}.{number}", Round([text(payload)]), end=1007)


def leads(first, last):
    return b"".join(bytes([byte, 0x20]) for byte in range(first, last + 1))


# After Markus Kuhn's "UTF-8 decoder capability and stress test".
utf8(5, *(f"hello{sign}world".encode() for sign in "$¢€𤭢"), KOSME)
utf8(6, *(KOSME[:length] for length in range(1, len(KOSME) + 1)))
utf8(7, "00", "c280", "e0a080", "f0908080")
utf8(8, "f888808080", "fc8480808080")
utf8(9, "7f", "dfbf", "efbfbf", "f48fbfbf")
utf8(10, "f7bfbfbf", "fbbfbfbfbf", "fdbfbfbfbfbf")
utf8(11, "ed9fbf", "ee8080", "efbfbd", "f48fbfbf", "f4908080")
utf8(12, "80", "bf", "80bf", "80bf80", "80bf80bf", "80bf80bf80", "80bf80bf80bf", bytes(range(0x80, 0xc0)))
utf8(13, leads(0xc0, 0xdf), leads(0xe0, 0xef), leads(0xf0, 0xf7), leads(0xf8, 0xfb), leads(0xfc, 0xfd))
INCOMPLETE = ["c0", "e080", "f08080", "f8808080", "fc80808080", "df", "efbf", "f7bfbf", "fbbfbfbf", "fdbfbfbfbf"]
utf8(14, *INCOMPLETE)
utf8(15, "".join(INCOMPLETE))
utf8(16, "fe", "ff", "fefeffff")
utf8(17, "c0af", "e080af", "f08080af", "f8808080af", "fc80808080af")
utf8(18, "c1bf", "e09fbf", "f08fbfbf", "f887bfbfbf", "fc83bfbfbfbf")
utf8(19, "c080", "e08080", "f0808080", "f880808080", "fc8080808080")
utf8(20, "eda080", "edadbf", "edae80", "edafbf", "edb080", "edbe80", "edbfbf")
utf8(21, *(high + low for high in ("eda080", "edadbf", "edae80", "edafbf") for low in ("edb080", "edbfbf")))
utf8(22, *(chr(plane << 16 | low).encode() for plane in range(17) for low in (0xfffe, 0xffff)))
utf8(23, *(chr(point).encode() for point in range(0xfff9, 0x10000)))

# ---- 7: the closing handshake

CLOSING = encode(CLOSE, close_payload(1000))
case("7.1.1", Round([text()], [echo()]))
case("7.1.2", Round([CLOSING, CLOSING]), end=1000)
case("7.1.3", Round([CLOSING, encode(PING)]), end=1000)
case("7.1.4", Round([CLOSING, text()]), end=1000)
case("7.1.5", Round([ONE, CLOSING, TWO]), end=1000)
case("7.1.6", Round([text("a" * 256 * 1024), CLOSING, encode(PING)], [echo("a" * 256 * 1024)]), end=1000)
case("7.3.1", close=b"")
case("7.3.2", Round([encode(CLOSE, b"a")]), end=1002)
case("7.3.3", close=close_payload(1000))
case("7.3.4", close=close_payload(1000, b"Hello, world!"))
case("7.3.5", close=close_payload(1000, b"*" * 123))
case("7.3.6", Round([encode(CLOSE, close_payload(1000, b"*" * 124))]), end=1002)
case("7.5.1", Round([encode(CLOSE, close_payload(1000, KOSME + SURROGATE))]), end=1007)
for number, code in enumerate([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999], 1):
    case(f"7.7.{number}", close=close_payload(code))
for number, code in enumerate([0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999], 1):
    case(f"7.9.{number}", Round([encode(CLOSE, close_payload(code))]), end=1002)
for number, code in enumerate([5000, 65535], 1):
    case(f"7.13.{number}", Round([encode(CLOSE, close_payload(code))]), end=1002)

# ---- 9: long messages, small pieces, many round trips

KIB, MIB = 1024, 1024 * 1024


def pieces(opcode, byte, size):
    """4 MiB in frames of `size` bytes."""
    return Round(lambda: fragments(byte * (4 * MIB), size, opcode), lambda: [(opcode, byte * (4 * MIB))])


for kind, (opcode, byte) in enumerate([(TEXT, b"*"), (BINARY, b"\xfe")]):
    for number, size in enumerate([64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB], 1):
        case(f"9.{1 + kind}.{number}", message(opcode, byte, size))
    for number, size in enumerate([64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB], 1):
        case(f"9.{3 + kind}.{number}", pieces(opcode, byte, size))
    for number, cut in enumerate([64, 128, 256, 512, 1024, 2048], 1):
        case(f"9.{5 + kind}.{number}", message(opcode, byte, MIB, cut))
    for number, size in enumerate([0, 16, 64, 256, 1024, 4096], 1):
        case(f"9.{7 + kind}.{number}", message(opcode, byte, size), repeat=1000)

# ---- 10: a message that the sender cuts by itself

case("10.1.1", Round(fragments(b"*" * 65536, 1300), [echo("*" * 65536)]))
