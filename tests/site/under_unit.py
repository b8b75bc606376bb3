#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""under_unit.py UNIT COMMAND …: the command with the unit's SystemCallFilter=, as systemd would start it."""
import ctypes
import errno
import functools
import os
import re
import subprocess
import sys

ALLOW, REFUSE = 0x7FFF0000, 0x00050000      # <seccomp.h>: SCMP_ACT_ALLOW, SCMP_ACT_ERRNO()


@functools.lru_cache
def members(group):
    listed = subprocess.run(["systemd-analyze", "syscall-filter", group], check=True, stdout=subprocess.PIPE, text=True).stdout
    return [name for line in listed.splitlines()[1:] if (name := line.strip()) and not name.startswith("#")]


def expand(names):
    for name in names:
        yield from expand(members(name)) if name.startswith("@") else [name]


def allowed(unit):
    """systemd.exec(5): the first line says that it is a list of what is allowed, "~" takes away."""
    calls = set(members("@default"))
    for line in re.findall(r"^SystemCallFilter=(.*)$", unit, re.M):
        names = set(expand(line.lstrip("~").split()))
        calls = calls - names if line.startswith("~") else calls | names
    return calls


def load(calls):
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(REFUSE | errno.EPERM)))
    for name in calls:
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:
            assert library.seccomp_rule_add(context, ctypes.c_uint32(ALLOW), number, 0) == 0, name
    assert library.seccomp_load(context) == 0


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as unit:
        wanted = allowed(unit.read())
    load(wanted)
    os.execv(sys.argv[2], sys.argv[2:])
