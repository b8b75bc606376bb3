# SPDX-License-Identifier: ISC
"""A WebSocket client that sends exactly the bytes it is told to (RFC 6455).

Frames in and out, nothing done on its own: no pong, no answer to a Close. Only
Python's standard library.
"""
import base64
import hashlib
import os
import socket
import struct
from typing import NamedTuple

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Frame(NamedTuple):
    opcode: int
    payload: bytes = b""
    fin: bool = True
    rsv: int = 0

    @property
    def code(self):
        """The status code of a Close, None without one."""
        return struct.unpack(">H", self.payload[:2])[0] if len(self.payload) >= 2 else None


def mask(payload, key):
    """XOR with the repeated key, as one big number: fast enough for megabytes."""
    if not payload:
        return b""
    repeated = (key * (len(payload) // 4 + 1))[:len(payload)]
    number = int.from_bytes(payload, "little") ^ int.from_bytes(repeated, "little")
    return number.to_bytes(len(payload), "little")


def encode(opcode, payload=b"", fin=True, rsv=0, key=None, masked=True, form=None):
    """One frame. `form` forces the length's form: 7, 16 or 64 bits."""
    if isinstance(payload, str):
        payload = payload.encode()
    if form is None:
        form = 7 if len(payload) < 126 else 16 if len(payload) < 65536 else 64
    head = bytes([fin << 7 | rsv << 4 | opcode])
    bit = 0x80 if masked else 0
    if form == 7:
        head += bytes([bit | len(payload)])
    elif form == 16:
        head += bytes([bit | 126]) + struct.pack(">H", len(payload))
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", len(payload))
    if not masked:
        return head + payload
    key = os.urandom(4) if key is None else key
    return head + key + mask(payload, key)


def close_payload(code, reason=b""):
    return struct.pack(">H", code) + reason


def request(path="/control", host="cam.example", drop=(), method="GET", version="HTTP/1.1", **headers):
    """The bytes of a handshake; headers by name with _ for -, None leaves one out."""
    fields = {
        "Host": host,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
    }
    for name, value in headers.items():
        fields[name.replace("_", "-")] = value
    lines = [f"{method} {path} {version}"]
    lines += [f"{name}: {value}" for name, value in fields.items() if value is not None and name not in drop]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def connect(address, timeout):
    """A Unix socket's path, or (host, port)."""
    family = socket.AF_UNIX if isinstance(address, (str, os.PathLike)) else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.settimeout(timeout)
    sock.connect(str(address) if family == socket.AF_UNIX else address)
    if family == socket.AF_INET:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def answers(address):
    """Does somebody listen there?"""
    try:
        connect(address, 1).close()
        return True
    except OSError:
        return False


class Client:
    def __init__(self, address, path="/control", timeout=10, handshake=True, **headers):
        self.sock = connect(address, timeout)
        self.buffer = bytearray()
        if handshake:
            self.sock.sendall(request(path, **headers))
            self.status, self.headers = self.read_head()
            if self.status == 101:
                key = headers.get("Sec_WebSocket_Key", "dGhlIHNhbXBsZSBub25jZQ==")
                want = base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()
                assert self.headers["sec-websocket-accept"] == want

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    # ---- bytes

    def fill(self, size=65536):
        """Read more; False at the end of the stream."""
        try:
            data = self.sock.recv(size)
        except ConnectionResetError:
            data = b""
        self.buffer += data
        return bool(data)

    def take(self, length):
        """Exactly so many bytes, None if the stream ends before."""
        while len(self.buffer) < length:
            if not self.fill(max(65536, length - len(self.buffer))):
                return None
        data = bytes(self.buffer[:length])
        del self.buffer[:length]
        return data

    def send_raw(self, data, chop=None):
        """All at once, or in writes of `chop` bytes. A peer that has closed meanwhile is no error."""
        try:
            for at in range(0, len(data), chop or max(len(data), 1)):
                self.sock.sendall(data[at:at + chop] if chop else data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    # ---- the handshake's answer

    def read_head(self):
        while b"\r\n\r\n" not in self.buffer:
            if not self.fill():
                return None, {}
        head, _, rest = bytes(self.buffer).partition(b"\r\n\r\n")
        self.buffer[:] = rest
        lines = head.decode("latin-1").split("\r\n")
        fields = (line.split(":", 1) for line in lines[1:])
        return int(lines[0].split()[1]), {name.lower(): value.strip() for name, value in fields}

    def read_body(self):
        return self.take(int(self.headers["content-length"]))

    # ---- frames

    def send(self, opcode, payload=b"", **how):
        self.send_raw(encode(opcode, payload, **how))

    def text(self, payload):
        self.send(TEXT, payload)

    def recv(self):
        """The next frame, None at the end of the stream."""
        head = self.take(2)
        if head is None:
            return None
        assert not head[1] & 0x80, "a server must not mask"
        length = head[1] & 0x7f
        if length == 126:
            length = struct.unpack(">H", self.take(2))[0]
        elif length == 127:
            length = struct.unpack(">Q", self.take(8))[0]
        payload = self.take(length)
        if payload is None:
            return None
        return Frame(head[0] & 15, payload, bool(head[0] & 0x80), head[0] >> 4 & 7)

    def close(self, code=1000, reason=b""):
        """The closing handshake, begun by us: the server's Close, and nothing behind it."""
        self.send(CLOSE, close_payload(code, reason))
        answer = self.recv()
        assert self.recv() is None
        return answer
