# SPDX-License-Identifier: ISC
"""Sockets handed over by systemd: a worker is replaced and nobody is refused."""
import concurrent.futures
import signal
import socket

import pytest


SOCKETS = {"oriel-fcgi": "fcgi.sock", "oriel-ws": "ws.sock"}


@pytest.fixture
def activated(make_site):
    listeners = []

    def hand_over(site):
        for name, file in SOCKETS.items():
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(str(site.folder / file))
            listener.listen(4096)
            site[name].listener = listener
            listeners.append(listener)
    site = make_site(prepare=hand_over)
    site.restarts = set(SOCKETS)
    yield site
    for listener in listeners:
        listener.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_requests_wait_for_the_next_worker(activated, number):
    activated.outage()
    assert activated.get("/status").status_code == 200
    activated["oriel-fcgi"].kill(number)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(activated.get, "/snapshot.jpg") for _ in range(8)]
        concurrent.futures.wait(waiting, timeout=0.5)
        assert not any(one.done() for one in waiting)
        activated["oriel-fcgi"].start()
        assert [one.result(timeout=20).status_code for one in waiting] == [200] * 8


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_handshakes_wait_for_the_next_worker(activated, number):
    activated.outage()
    activated["oriel-ws"].kill(number)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(activated.control)
        concurrent.futures.wait([waiting], timeout=0.5)
        assert not waiting.done()
        activated["oriel-ws"].start()
        with waiting.result(timeout=20) as control:
            assert control.status == 101 and control.ask({"cmd": "get"})["threshold"] == 12


def test_the_sockets_stay_systemds(activated):
    """A worker that was handed a socket leaves its file alone."""
    activated.outage()
    for name, file in SOCKETS.items():
        activated[name].stop()
        assert (activated.folder / file).is_socket()
        activated[name].start()
    assert activated.get("/status").status_code == 200
    with activated.control() as control:
        assert control.status == 101
