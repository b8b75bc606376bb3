# SPDX-License-Identifier: ISC
"""The real programs, taken over: tests/preload/burglar.so tries from inside each of them what must be refused."""
import os
import pathlib
import re
import signal

import pytest

import oriel

PROGRAMS = ["orield", "oriel-fcgi", "oriel-ws", "oriel-record"]
SANITIZED = "-fsanitize" in re.search(r"^SAFE_CFLAGS = (.*)$", (oriel.BUILD / "Makefile").read_text(), re.M)[1]

# The kernel's answer to each attempt: ENOSYS is seccomp's, EACCES Landlock's.
REFUSED = {
    "write-passwd": "EACCES", "read-passwd": "EACCES", "list-root": "EACCES", "make-file": "EACCES", "truncate": "ENOSYS",
    "link": "ENOSYS", "inet": "ENOSYS", "inet6": "ENOSYS", "netlink": "ENOSYS", "bind": "ENOSYS", "fork": "ENOSYS",
    "kill": "ENOSYS", "signal-other": "ENOSYS", "ptrace": "ENOSYS", "execve": "ENOSYS", "namespace": "ENOSYS",
    "setuid": "ENOSYS", "seccomp": "ENOSYS", "memory-to-code": "ENOSYS", "map-code": "ENOSYS", "ioctl-terminal": "ENOSYS",
    "ioctl-camera": "ENOSYS", "inotify": "ENOSYS", "memfd": "ENOSYS", "make-folder": "ENOSYS",
}
ALLOWED = {"unix": "done", "signal-self": "done", "end": "done"}
# What only one of them may do, and the error that the kernel then finds in the arguments.
INOTIFY = {"inotify": "EBADF"}
KEEPS_FILES = {"make-folder": "EACCES"}
ITS_OWN = {
    "orield": {"bind": "EBADF", "ioctl-camera": "EBADF", "memfd": "EFAULT"} | INOTIFY | KEEPS_FILES,
    "oriel-fcgi": {"fork": "EINVAL", "seccomp": "EFAULT"} | INOTIFY,     # the parent: kill(2) and its like ends at Landlock's border
    "worker": INOTIFY,
    "oriel-ws": INOTIFY,
    "oriel-record": KEEPS_FILES,
    "keeper": {"fork": "EINVAL", "seccomp": "EFAULT"} | KEEPS_FILES,
}
SIGNALS = {"kill": "EPERM", "signal-other": "EPERM"}    # ABI 6 and up; before, root may
# LeakSanitizer's (docs/security.md).
BY_SANITIZERS = {"read-passwd": "done", "list-root": "done", "fork": "EINVAL", "ptrace": "ESRCH"} | SIGNALS


def expected(process, login):
    special = dict(ITS_OWN[process])
    if login and process in ("oriel-fcgi", "worker"):
        special |= KEEPS_FILES
    if process in ("oriel-fcgi", "keeper"):
        special |= SIGNALS
    return REFUSED | ALLOWED | special | (BY_SANITIZERS if SANITIZED else {})


def burgle(site, name, pid):
    """What a process says that tries it all."""
    lines = len(site.new_lines(name))
    os.kill(pid, signal.SIGUSR2)

    def found():
        said = [line.split()[1:] for line in site.new_lines(name)[lines:] if line.startswith("burglar: ")]
        return said and said[-1][0] == "end" and dict(said)
    return oriel.wait_for(found)


def processes(site):
    worker, = site["oriel-fcgi"].workers()
    keeper, = site["oriel-record"].workers()
    return {name: (name, site[name].pid) for name in PROGRAMS} | {"worker": ("oriel-fcgi", worker), "keeper": ("oriel-record", keeper)}


def let_in(site):
    for name in PROGRAMS:
        site.preload(name, "burglar.so")


@pytest.fixture(scope="module", params=[False, True], ids=["open", "login"])
def site(sites, request):
    site = sites.new(login=request.param, records=[])
    let_in(site)
    site.start(ready=False)
    # With a log-in nobody here may see a picture.
    oriel.wait_for(lambda: "online: " in site["orield"].log.read_text() and site.answers("/healthz"))
    oriel.wait_for(lambda: site.status()["online"] and "confine: " in site["oriel-ws"].log.read_text())
    oriel.wait_for(lambda: "oriel-ring" in pathlib.Path(f"/proc/{site['oriel-record'].pid}/maps").read_text())
    yield site
    sites.end(site)


@pytest.mark.parametrize("process", [*PROGRAMS, "worker", "keeper"])
def test_a_program_taken_over_finds_the_doors_shut(site, process):
    name, pid = processes(site)[process]
    assert burgle(site, name, pid) == expected(process, site.login)
    assert site.get("/healthz").status_code == 200


def test_every_thread_is_confined(site):
    for process, (_, pid) in processes(site).items():
        for status in pathlib.Path(f"/proc/{pid}/task").glob("*/status"):
            text = status.read_text()
            assert "\nNoNewPrivs:\t1\n" in text and "\nSeccomp:\t2\n" in text, f"{process}: {text}"


def test_it_says_what_it_got(site):
    for name in PROGRAMS:
        lines = [line for line in site[name].log.read_text().splitlines() if "confine: " in line]
        assert re.search(r"confined to files by Landlock \d+.*, \d+ system calls by seccomp", lines[0]), lines


def test_without_it_the_same_attempts_succeed(make_site):
    """The option works, and the burglar really is one."""
    site = make_site(cameras={"cam": ["--no-confine"]}, fcgi=["--no-confine"], ws=["--no-confine"], records=["--no-confine"], prepare=let_in)
    for name, pid in processes(site).values():
        said = burgle(site, name, pid)
        for attempt in ("write-passwd", "read-passwd", "make-file", "inet", "map-code"):
            assert said[attempt] == "done", (name, attempt)
        assert (said["execve"], said["ptrace"], said["fork"]) == ("ENOENT", "ESRCH", "EINVAL")
        assert "\nSeccomp:\t0\n" in pathlib.Path(f"/proc/{pid}/status").read_text()
