# SPDX-License-Identifier: ISC
"""A FastCGI responder (FastCGI specification 1.0, sections 3 and 5) that gives the answers of a test and keeps the requests: it shows what
nginx really passes on."""
import contextlib
import socket
import struct
import threading

BEGIN, END, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6


class Responder:
    def __init__(self, path):
        self.asked = []                 # (params, body, connection number)
        self.answer = [b"Content-Type: text/plain\r\n\r\nhere"]    # pieces, or what gives them for the params
        self.go_on = threading.Semaphore(0)     # before each further piece of the answer
        self.connections = 0
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(client, self.connections), daemon=True).start()

    def serve(self, client, number):
        with contextlib.suppress(ConnectionError):      # nginx was ended meanwhile
            self.converse(client, number)

    def converse(self, client, number):
        stream, params, body, keep = client.makefile("rb"), b"", b"", False
        while True:
            head = stream.read(8)
            if len(head) < 8:
                return client.close()
            _, kind, request, length, padding, _ = struct.unpack("!BBHHBB", head)
            content = stream.read(length + padding)[:length]
            if kind == BEGIN:
                params, body, keep = b"", b"", bool(content[2] & 1)
            elif kind == PARAMS:
                params += content
            elif kind == STDIN and content:
                body += content
            elif kind == STDIN:
                self.asked.append((pairs(params), body, number))
                answer = self.answer(pairs(params)) if callable(self.answer) else self.answer
                with contextlib.suppress(OSError):      # nginx may have heard enough (X-Accel-Redirect)
                    self.say(client, request, answer)
                if not keep:
                    return client.close()

    def say(self, client, request, answer):
        client.sendall(record(STDOUT, request, answer[0]))
        for piece in answer[1:]:
            self.go_on.acquire()
            client.sendall(record(STDOUT, request, piece))
        client.sendall(record(STDOUT, request, b"") + record(END, request, bytes(8)))


def record(kind, request, content):
    return struct.pack("!BBHHBB", 1, kind, request, len(content), 0, 0) + content


def pairs(data):
    """Name-value pairs (section 3.4) as a dict of text."""
    found, at = {}, 0

    def length(at):
        if data[at] < 128:
            return data[at], at + 1
        return struct.unpack_from("!I", data, at)[0] & 0x7FFFFFFF, at + 4
    while at < len(data):
        name, at = length(at)
        value, at = length(at)
        found[data[at:at + name].decode()] = data[at + name:at + name + value].decode("utf-8", "surrogateescape")
        at += name + value
    return found
