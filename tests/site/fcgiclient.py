# SPDX-License-Identifier: ISC
"""A FastCGI client that can be as wrong as a test wants."""
import json
import socket
import struct

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR, DATA, GET_VALUES = range(1, 10)
PATIENCE = 10


def record(kind, content=b"", request=1, padding=0, version=1):
    return struct.pack(">BBHHBB", version, kind, request, len(content), padding, 0) + content + b"\0" * padding


def begin(keep=False, role=1, request=1):
    return record(BEGIN, struct.pack(">HB5x", role, 1 if keep else 0), request)


def length(n):
    return struct.pack(">I", n | 0x80000000) if n > 127 else bytes([n])


def pair(name, value):
    name, value = name.encode(), value if isinstance(value, bytes) else str(value).encode()
    return length(len(name)) + length(len(value)) + name + value


def params(**values):
    return b"".join(pair(name, value) for name, value in values.items())


def stream(kind, content, piece=65535):
    pieces = [content[at:at + piece] for at in range(0, len(content), piece)]
    return b"".join(record(kind, p) for p in pieces) + record(kind)


def request(path, method="GET", query="", body=b"", keep=False, **more):
    """The bytes of one request, as nginx sends it."""
    values = {"REQUEST_METHOD": method, "ORIEL_PATH": path, "QUERY_STRING": query, **more}
    if body:
        values.setdefault("CONTENT_LENGTH", len(body))
    return begin(keep) + stream(PARAMS, params(**values)) + stream(STDIN, body)


class Answer:
    """Status, headers (lower case), body; cookies that are set, by name: (value, set of attributes)."""

    def __init__(self, content):
        head, _, self.body = content.partition(b"\r\n\r\n")
        lines = [line.split(": ", 1) for line in head.decode().split("\r\n")]
        self.headers = {name.lower(): value for name, value in lines}
        self.status = int(self.headers.pop("status").split()[0])
        self.cookies = {}
        for _, value in (line for line in lines if line[0].lower() == "set-cookie"):
            pair, *attributes = value.split("; ")
            name, _, text = pair.partition("=")
            self.cookies[name] = (text, set(attributes))

    def json(self):
        return json.loads(self.body)


class Gone(Exception):
    pass


class Client:
    """One connection to the worker's socket."""

    def __init__(self, path, timeout=PATIENCE, receive_buffer=None):
        self.socket = socket.socket(socket.AF_UNIX)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect(str(path))
        self.raw = self.content = b""
        self.ended = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def more(self):
        """One record more; False after END_REQUEST. Gone when the worker closed."""
        while len(self.raw) < 8 or len(self.raw) < 8 + sum(struct.unpack(">HB", self.raw[4:7])):
            piece = self.socket.recv(65536)
            if not piece:
                raise Gone(self.raw)
            self.raw += piece
        version, kind, number, size, padding = struct.unpack(">BBHHB", self.raw[:7])
        content, self.raw = self.raw[8:8 + size], self.raw[8 + size + padding:]
        assert version == 1 and number == 1, (version, number)
        if kind == END:
            assert content == b"\0" * 8, content
            self.ended = True
            return False
        assert kind == STDOUT, kind
        self.content += content
        return True

    def whole(self):
        """The answer, to its end."""
        while self.more():
            pass
        answer, self.content = Answer(self.content), b""
        self.ended = False
        return answer

    def get(self, path, **more):
        self.send(request(path, **more))
        return self.whole()

    def until(self, mark):
        """The bytes of STDOUT up to and with mark."""
        while mark not in self.content:
            if not self.more():
                raise Gone(self.content)
        taken, _, self.content = self.content.partition(mark)
        return taken + mark

    def take(self, count):
        while len(self.content) < count:
            if not self.more():
                raise Gone(self.content)
        taken, self.content = self.content[:count], self.content[count:]
        return taken

    def head(self):
        return Answer(self.until(b"\r\n\r\n"))

    def part(self):
        """(headers, JPEG) of one part of a stream; the delimiter before it has been taken."""
        lines = [line.split(": ", 1) for line in self.until(b"\r\n\r\n").decode().strip().split("\r\n")]
        headers = {name.lower(): value for name, value in lines}
        jpeg = self.take(int(headers["content-length"]))
        assert self.take(11) == b"\r\n--frame\r\n"
        return headers, jpeg

    def event(self, kinds=None):
        """The next SSE message as a dict; comments have only `comment`."""
        while True:
            fields = {}
            for line in self.until(b"\n\n").decode().strip().split("\n"):
                name, _, value = line.partition(":")
                fields[name or "comment"] = value.strip()
            if kinds is None or fields.get("event") in kinds:
                if "data" in fields:
                    fields["data"] = json.loads(fields["data"])
                return fields

    def closed(self, timeout=PATIENCE):
        """Has the worker closed, after at most `timeout` seconds, without a byte more?"""
        self.socket.settimeout(timeout)
        try:
            return self.socket.recv(65536) == b""
        except ConnectionError:
            return True
        except socket.timeout:
            return False
