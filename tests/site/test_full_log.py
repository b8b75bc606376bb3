# SPDX-License-Identifier: ISC
"""Nobody reads the programs' logs: they go on, and say how much was lost once somebody reads."""
import contextlib
import os

import oriel

PROGRAMS = ("orield", "oriel-fcgi", "oriel-ws")


def test_a_log_pipe_that_is_full(make_site):
    def prepare(site):
        fifo = site.folder / "log.fifo"
        os.mkfifo(fifo)
        site.fifo = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(site.fifo, b"x" * 4096)
        for name in PROGRAMS:
            site[name].argv = ["sh", "-c", f'exec "$@" 2> {fifo}', "sh", *site[name].argv]

    site = make_site(prepare=prepare)
    try:
        with site.stream() as stream, site.control() as control:
            stream.parts(3)
            assert control.ask({"cmd": "set", "threshold": 20})["ok"]
        assert site.get("/status").json()["online"]
        text = b""
        with contextlib.suppress(BlockingIOError):
            while piece := os.read(site.fifo, 65536):
                text += piece
        assert text.strip(b"x") == b""
        for name in PROGRAMS:
            site[name].stop()
        text = os.read(site.fifo, 65536).decode()
        for name in PROGRAMS:
            assert any(f" {name} warning: log: " in line and " lost: nobody read this log" in line
                       for line in text.splitlines()), (name, text)
    finally:
        os.close(site.fifo)
        for name in PROGRAMS:
            site[name].stop()
    site.outage()
    oriel.wait_for(lambda: site["orield"].process.poll() == 0)
