# SPDX-License-Identifier: ISC
"""The guest as a place to run a command in."""
import os
import pathlib
import shutil
import subprocess

import pytest

RUN = pathlib.Path(__file__).resolve().parent / "run"


def run(*arguments, path=None, **environment):
    environment = dict(os.environ, **environment)
    if path:
        environment["PATH"] = path
    return subprocess.run([RUN, *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=150)


def test_output_errors_and_status_are_the_command_s():
    script = 'echo "$WORD"; pwd; echo wrong >/dev/stderr; head -c 300000 /dev/urandom | tee /run/noise; cksum </run/noise >&2; exit 42'
    done = run("sh", "-c", script, WORD="a 'word' of\nmine")
    assert done.returncode == 42
    head = f"a 'word' of\nmine\n{os.getcwd()}\n".encode()
    assert done.stdout.startswith(head)
    checked = subprocess.run(["cksum"], input=done.stdout[len(head):], stdout=subprocess.PIPE)
    own = [line for line in done.stderr.splitlines(True) if not line.startswith(b"guest: ")]   # a kernel fetched, a boot tried again
    assert b"".join(own) == b"wrong\n" + checked.stdout


def test_only_the_share_is_written_to(tmp_path):
    shared, kept = tmp_path / "shared", tmp_path / "kept"
    shared.mkdir()
    done = run("--share", shared, "sh", "-c", f"echo in >{kept}; cat {kept}; echo out >{shared}/file")
    assert (done.returncode, done.stdout) == (0, b"in\n"), done.stderr
    assert not kept.exists() and (shared / "file").read_text() == "out\n"


def test_time_is_limited():
    assert run("--timeout", "2", "sleep", "60").returncode == 124


def test_a_boot_that_hangs_is_tried_again(tmp_path):
    qemu = tmp_path / "qemu-system-x86_64"
    qemu.write_text(f"#!/bin/sh\n[ -e {tmp_path}/tried ] && exec {shutil.which(qemu.name)} \"$@\"\n"
                    f"touch {tmp_path}/tried; exec sleep 600\n")
    qemu.chmod(0o755)
    done = run("--boot-timeout", "8", "echo", "up", path=f"{tmp_path}:{os.environ['PATH']}")
    assert (done.returncode, done.stdout) == (0, b"up\n")
    assert b"boot 1 of 3 did not reach the command" in done.stderr


def test_a_guest_that_dies_is_not_a_success():
    done = run("--boot-timeout", "20", "sh", "-c", "echo c >/proc/sysrq-trigger; sleep 30")
    assert done.returncode == 125
    assert b"sysrq triggered crash" in done.stderr


@pytest.mark.parametrize("required, status", [("", 77), ("1", 1)])
def test_says_what_is_missing(tmp_path, required, status):
    for program in ("env", "python3"):
        (tmp_path / program).symlink_to(shutil.which(program))
    done = run("true", path=str(tmp_path), ORIEL_GUEST_REQUIRED=required)
    assert done.returncode == status
    assert b"apt-get install qemu-system-x86 busybox-static" in done.stderr
