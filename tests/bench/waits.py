# SPDX-License-Identifier: ISC
"""Clients that wait for the next frame with `?after=`."""
import collections
import http.client
import time

from rig import percentile

Late = collections.namedtuple("Late", "count p50 p99")


def after(site, seconds):
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
    late, tag, end = [], None, time.monotonic() + seconds
    while time.monotonic() < end:
        connection.request("GET", "/snapshot.jpg" + (f"?wait=5000&after={tag}" if tag else ""))
        answer = connection.getresponse()
        body = answer.read()
        arrived = time.monotonic_ns()
        assert answer.status == 200, answer.status
        begin = body.index(b"ORIEL ") + 6
        if tag:                 # the first was not waited for
            late.append((arrived - int(body[begin:begin + 20])) / 1e6)
        tag = answer.headers["ETag"].strip('"')
    connection.close()
    return Late(len(late), percentile(late, 50), percentile(late, 99))
