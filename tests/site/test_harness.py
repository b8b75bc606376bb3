# SPDX-License-Identifier: ISC
"""The checks after every test really notice faults."""
import os
import signal
import subprocess

import pytest

import conftest
import oriel


@pytest.mark.parametrize("line", [
    "==1==ERROR: AddressSanitizer: heap-use-after-free on address 0x60",
    "src/ring/ring.c:12:3: runtime error: signed integer overflow",
    "2026-01-01 00:00:00.000 orield error: store: disk I/O error",
    "2026-01-01 00:00:00.000 oriel-ws warning: ws: something",
    '2026/01/01 00:00:00 [crit] 1#1: *1 connect() to unix:/x failed',
    '2026/01/01 00:00:00 [alert] 1#1: worker process 2 exited on signal 11',
])
def test_a_line_in_a_log(site, line):
    with site["oriel-ws"].log.open("a") as log:
        log.write(line + "\n")
    assert [line in complaint for complaint in site.complaints()] == [True]
    site.begin()        # seen, and forgiven


def test_what_is_fine_in_a_log(site):
    with site["oriel-ws"].log.open("a") as log:
        log.write("2026-01-01 00:00:00.000 orield notice: capture: online: Test card\n")
    assert not list(site.complaints())


def test_a_sanitizer_is_never_allowed(site):
    site.allow(r".*")
    with site["oriel-ws"].log.open("a") as log:
        log.write("==1==ERROR: LeakSanitizer: detected memory leaks\n")
    assert list(site.complaints())
    site.begin()


@pytest.mark.parametrize("name", ["oriel-fcgi", "oriel-ws", "nginx"])
def test_a_descriptor(site, name):
    # More than nginx may keep open for later.
    viewers = [site.control() if name == "oriel-ws" else site.stream() for _ in range(20)]
    oriel.wait_for(lambda: any(leak.startswith(name) for leak in site.leaks()))
    for viewer in viewers:
        viewer.close()
    oriel.wait_for(lambda: not list(site.leaks()))


def test_a_process(sites, site):
    stray = subprocess.Popen(["sleep", "30"], env=site.env)
    oriel.wait_for(lambda: any(str(stray.pid) == pid for pid, _ in conftest.strays(sites)))
    stray.kill()
    assert oriel.wait_for(lambda: oriel.process_state(stray.pid) == "Z")
    assert stray.wait() == -signal.SIGKILL
    assert stray.pid not in oriel.children(os.getpid())
