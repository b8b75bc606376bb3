# SPDX-License-Identifier: ISC
"""Controls tests/preload/faults.c: calls that fail at a given turn or take long, and a clock that is set."""
import errno
import mmap
import os
import struct

import oriel

CALLS = ("open", "write", "sync", "truncate", "rename", "unlink", "mkdir", "map", "memfd", "malloc")
TURN, MADE, STAYS, ERROR, CLOCK, HASTY = 0, len(CALLS), 2 * len(CALLS), 2 * len(CALLS) + 1, 2 * len(CALLS) + 2, 2 * len(CALLS) + 3
SLOW = HASTY + 1

SANITIZED = "#define ORIEL_SANITIZED 1" in (oriel.BUILD / "config.h").read_text()

# The long form of a test, for ./bootstrap soak.
SOAK = bool(os.environ.get("ORIEL_SOAK"))


class Faults:
    """One program's: site.preload(name, "faults.so", ORIEL_FAULTS=faults.path)."""

    def __init__(self, path):
        self.path = path
        path.write_bytes(bytes(8 * (SLOW + len(CALLS))))
        with path.open("r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 0)

    def put(self, at, number):
        struct.pack_into("q", self.memory, 8 * at, number)

    def get(self, at):
        return struct.unpack_from("q", self.memory, 8 * at)[0]

    def fail(self, call, turn=1, error=errno.EIO, stays=False):
        """The turn-th call from now, and all behind it when it stays so."""
        self.put(ERROR, error)
        self.put(STAYS, stays)
        self.put(TURN + CALLS.index(call), turn)

    def calm(self):
        for call in range(len(CALLS)):
            self.put(TURN + call, 0)
            self.put(SLOW + call, 0)

    def slow(self, seconds, *calls):
        """Each of them takes so long, from the next one on; 0: as long as it takes."""
        for call in calls:
            self.put(SLOW + CALLS.index(call), int(seconds * 1000))

    def due(self, call):
        """Has its turn come?"""
        return self.get(TURN + CALLS.index(call)) <= self.get(STAYS)

    def set_clock(self, seconds):
        """This far from the right time."""
        self.put(CLOCK, int(seconds * 1e9))


def preload(site, *names):
    """Faults of these programs of a site that has not been started."""
    faults = {name: Faults(site.folder / f"{name}.faults") for name in names}
    for name in names:
        site.preload(name, "faults.so", ORIEL_FAULTS=str(faults[name].path))
    site.faults = faults
