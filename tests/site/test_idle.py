# SPDX-License-Identifier: ISC
"""Connections on which nothing happens are kept open: both kinds at once, as their time is only waited for."""
import threading
import time


def first_ping(control, heard):
    heard.append(control.take(1)[0])


def test_idle_connections_are_kept_alive(site):
    """Events: a comment within 15 s, and again. WebSocket: a ping, well within nginx's 75 s."""
    assert site.post("/config", json={"threshold": 100}).status_code == 200
    heard = []
    try:
        with site.control(timeout=40) as control, site.events() as events:
            listening = threading.Thread(target=first_ping, args=(control, heard))
            listening.start()
            events.wait("state")
            last = time.monotonic()
            for _ in range(2):
                while "comment" not in (event := events.next()):
                    pass
                assert event["comment"].strip() == "keepalive"
                assert time.monotonic() - last < 15.5
                last = time.monotonic()
            listening.join(20)
            assert heard == [0x80 | control.PING]
    finally:
        site.post("/config", json={"threshold": 12})
