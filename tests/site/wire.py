# SPDX-License-Identifier: ISC
"""Clients on bare sockets: what arrived, and when to the microsecond."""
import base64
import hashlib
import json
import os
import socket
import struct
import time

PATIENCE = 20


class Gone(Exception):
    """The other side closed."""


class Connection:
    """A GET whose answer has no end; self.status and self.headers when it has begun."""

    def __init__(self, port, path, headers=None, timeout=PATIENCE, version="1.1", receive_buffer=None,
                 tls=None, source=None, address="127.0.0.1"):
        self.socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        if source:
            self.socket.bind((source, 0))
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect((address, port))
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname="127.0.0.1")
        self.buffer, self.chunks = b"", None
        headers = {"Host": f"[{address}]:{port}" if ":" in address else f"{address}:{port}", **(headers or {})}
        lines = [f"GET {path} HTTP/{version}", *(f"{name}: {value}" for name, value in headers.items())]
        self.socket.sendall("\r\n".join(lines + ["", ""]).encode())
        head = self.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        self.status = int(head[0].split()[1])
        self.headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:] if line)}
        if self.headers.get("transfer-encoding") == "chunked":      # a proxy's own: ours does without
            self.chunks, self.buffer = self.buffer, b""
            self.unpack()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def more(self):
        piece = self.socket.recv(65536)
        if not piece:
            raise Gone(self.buffer[-200:])
        if self.chunks is None:
            self.buffer += piece
        else:
            self.chunks += piece
            self.unpack()

    def unpack(self):
        """What is whole of chunks (RFC 9112, 7.1)."""
        while b"\r\n" in self.chunks:
            size, _, rest = self.chunks.partition(b"\r\n")
            size = int(size, 16)
            if len(rest) < size + 2:
                return
            self.buffer += rest[:size]
            self.chunks = rest[size + 2:]

    def take(self, count):
        while len(self.buffer) < count:
            self.more()
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def until(self, mark):
        while mark not in self.buffer:
            self.more()
        return self.take(self.buffer.index(mark) + len(mark))

    def body(self):
        """All of an answer that has a length."""
        return self.take(int(self.headers.get("content-length", 0)))


class Stream(Connection):
    """multipart/x-mixed-replace, part by part."""

    def part(self):
        """A dict: headers, jpeg, stamp (capture time), whole (when Chromium would show it)."""
        if not getattr(self, "begun", False):
            assert self.until(b"--frame\r\n").strip() == b"--frame"
            self.begun = True
        headers = {}
        for line in self.until(b"\r\n\r\n").decode().split("\r\n"):
            if line:
                name, _, value = line.partition(":")
                headers[name.lower()] = value.strip()
        jpeg = self.take(int(headers["content-length"]))
        assert self.take(len(b"\r\n--frame\r\n")) == b"\r\n--frame\r\n"
        whole = time.time()
        return dict(headers=headers, jpeg=jpeg, stamp=float(headers["x-timestamp"]), whole=whole)

    def parts(self, count):
        return [self.part() for _ in range(count)]


class Events(Connection):
    """Server-sent events (WHATWG HTML, 9.2): dicts with id, event, data, retry, comment."""

    def __init__(self, port, path, last=None, headers=None, **kw):
        headers = dict(headers or {}, Accept="text/event-stream")
        if last is not None:
            headers["Last-Event-ID"] = str(last)
        super().__init__(port, path, headers=headers, **kw)

    def next(self):
        """The next block of lines, comments as well."""
        event = {"at": None}
        for line in self.until(b"\n\n").decode().strip("\n").split("\n"):
            name, _, value = line.partition(":")
            value = value[1:] if value.startswith(" ") else value
            if name == "":
                event["comment"] = value
            else:
                assert name in ("id", "event", "data", "retry"), line
                event[name] = json.loads(value) if name == "data" else value
        event["at"] = time.time()
        return event

    def wait(self, kind, patience=PATIENCE, when=lambda data: True):
        """The next event of that kind."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            event = self.next()
            if event.get("event") == kind and when(event["data"]):
                return event
        raise AssertionError(f"no {kind} within {patience} s")


class WebSocket(Connection):
    """RFC 6455, frame by frame."""

    TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

    def __init__(self, port, path, headers=None, **kw):
        key = base64.b64encode(os.urandom(16)).decode()
        wanted = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
                  "Sec-WebSocket-Key": key, "Origin": f"{'https' if kw.get('tls') else 'http'}://127.0.0.1:{port}"}
        wanted.update(headers or {})
        super().__init__(port, path, headers={k: v for k, v in wanted.items() if v is not None}, **kw)
        if self.status == 101:
            accept = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
            assert self.headers["sec-websocket-accept"] == base64.b64encode(accept).decode()

    def send_frame(self, opcode, payload, fin=True):
        mask = os.urandom(4)
        size = len(payload)
        if size < 126:
            length = struct.pack("!B", 0x80 | size)
        elif size < 65536:
            length = struct.pack("!BH", 0x80 | 126, size)
        else:
            length = struct.pack("!BQ", 0x80 | 127, size)
        masked = bytes(b ^ mask[i % 4] for i, b in enumerate(payload))
        self.socket.sendall(bytes([(0x80 if fin else 0) | opcode]) + length + mask + masked)

    def frame(self):
        """(opcode, payload) of the next frame that is no ping."""
        while True:
            first, second = self.take(2)
            assert second & 0x80 == 0, "servers do not mask"
            size = second & 0x7F
            if size == 126:
                size = struct.unpack("!H", self.take(2))[0]
            elif size == 127:
                size = struct.unpack("!Q", self.take(8))[0]
            payload = self.take(size)
            if first & 0x0F != self.PING:
                return first & 0x0F, payload
            self.send_frame(self.PONG, payload)

    def ask(self, command):
        """Send one message (text as it is, anything else as JSON); its reply."""
        text = command if isinstance(command, (str, bytes)) else json.dumps(command)
        if isinstance(text, bytes):
            self.send_frame(self.BINARY, text)
        else:
            self.send_frame(self.TEXT, text.encode())
        opcode, payload = self.frame()
        assert opcode == self.TEXT, (opcode, payload)
        return json.loads(payload)

    def closed(self):
        """The code the server closes with."""
        opcode, payload = self.frame()
        assert opcode == self.CLOSE, (opcode, payload)
        return struct.unpack("!H", payload[:2])[0]
