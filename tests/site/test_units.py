# SPDX-License-Identifier: ISC
"""The programs with the system calls that their units leave them: systemd itself does not run in a test."""
import re
import sys

import pytest

import oriel
import under_unit

UNITS = {"orield": "orield@.service", "oriel-fcgi": "oriel-fcgi.service", "oriel-ws": "oriel-ws.service"}
HERE = oriel.SOURCE / "tests/site"


@pytest.fixture
def site(make_site):
    def under_units(site):
        for name, unit in UNITS.items():
            daemon = site[name]
            daemon.argv = [sys.executable, str(HERE / "under_unit.py"), str(oriel.BUILD / "src/systemd" / unit), *daemon.argv]
            # LeakSanitizer traces its own process, which no unit allows.
            daemon.env = daemon.env | {"ASAN_OPTIONS": daemon.env["ASAN_OPTIONS"] + ":detect_leaks=0"}
    return make_site(prepare=under_units)


def test_everything_works_and_is_confined(site):
    for name in UNITS:
        assert "confine: confined to " in site[name].log.read_text() and "in part" not in site[name].log.read_text(), name
    with site.stream() as stream, site.events() as events, site.control() as control:
        stream.part()
        events.wait("state")
        assert control.ask({"cmd": "snapshot_now"})["ok"]
        assert control.ask({"cmd": "set", "threshold": 13})["ok"]
        events.wait("saved")
    assert site.get("/snaps/").status_code == 200
    assert site.post("/config", json={"threshold": 12}).status_code == 200


@pytest.mark.parametrize("unit", UNITS.values())
def test_what_a_unit_forbids(unit):
    calls = under_unit.allowed((oriel.BUILD / "src/systemd" / unit).read_text())
    assert {"landlock_restrict_self", "seccomp", "memfd_create", "socket"} <= calls
    assert not calls & {"ptrace", "mount", "reboot", "bpf", "setuid", "chown", "init_module", "perf_event_open", "kexec_load"}
