# SPDX-License-Identifier: ISC
"""Tests on a kernel with cameras. They are collected here and run in the guest. The first test that needs certain drivers boots one guest
for all chosen tests that need the same ones. Their results there are reported here as they come.

A file says what its guest needs: GUEST_MODULES (kernel modules with parameters), GUEST_TIMEOUT (seconds for all its tests), GUEST_INSTALLED
(a tree of what `make install` installs, in guest/root of the build). A file that says nothing runs on the host."""
import json
import os
import pathlib
import subprocess
import sys

from _pytest.reports import TestReport

HERE = pathlib.Path(__file__).resolve().parent
MISSING = 77
IN_GUEST = "ORIEL_IN_GUEST" in os.environ
REPORTS = 3     # the guest's descriptor for reports, one JSON object a line

# pytest's own output matters only when it says more than "some tests failed" (status 1).
TALKS_WHEN_LOST = f'"$@" {REPORTS}>&1 >/run/pytest.log 2>&1; status=$?; [ $status -lt 2 ] || cat /run/pytest.log >&2; exit $status'

sys.path[:0] = [str(HERE), str(HERE.parent / "site")]


def pytest_configure(config):
    config.addinivalue_line("markers", "guest: needs a kernel with cameras; runs in a virtual machine")
    config.pluginmanager.register(Inside(config) if IN_GUEST else Outside(config))


def drivers(item):
    """The kernel modules its file wants; none: the file is for the host."""
    return tuple(getattr(item.module, "GUEST_MODULES", ()))


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("guest")
    items.sort(key=drivers)


class Inside:
    """In the guest: every report goes out as it is made."""

    def __init__(self, config):
        self.config = config

    def pytest_runtest_logreport(self, report):
        data = self.config.hook.pytest_report_to_serializable(config=self.config, report=report)
        os.write(REPORTS, json.dumps(data).encode() + b"\n")


class Outside:
    """On the host: a test is what the guest says of it."""

    def __init__(self, config):
        self.config = config
        self.guests = {}

    def pytest_runtest_protocol(self, item):
        wanted = drivers(item)
        if not wanted:
            return None
        if wanted not in self.guests:
            self.end()
            self.guests[wanted] = boot([other for other in item.session.items if drivers(other) == wanted])
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for report in self.reports(item, self.guests[wanted]):
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def reports(self, item, guest):
        for line in guest.stdout:
            report = self.config.hook.pytest_report_from_serializable(config=self.config, data=json.loads(line))
            assert report.nodeid == item.nodeid, f"the guest ran {report.nodeid} instead of {item.nodeid}"
            yield report
            if report.when == "teardown":
                return
        status = guest.wait()
        if status == MISSING:
            outcome, text = "skipped", (str(item.path), 0, "the guest cannot run here; its first lines say what to install")
        else:
            outcome, text = "failed", f"the guest ended, status {status}, before this test did"
        for when in ("setup", "teardown"):
            yield TestReport(item.nodeid, item.location, {}, outcome if when == "setup" else "passed",
                             text if when == "setup" else None, when)

    def end(self):
        for guest in self.guests.values():
            guest.terminate()
            guest.wait()

    def pytest_sessionfinish(self):
        self.end()


def install():
    """Here: make would take a minute in the guest."""
    build = pathlib.Path(os.environ.get("BUILD_DIR", "build")).resolve()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    subprocess.run(["make", "-s", "-C", build, "install", f"DESTDIR={build}/guest/root"], check=True, env=environment,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def boot(items):
    """Start the guest that runs these tests, which want the same drivers."""
    modules = {item.module for item in items}
    if any(getattr(module, "GUEST_INSTALLED", False) for module in modules):
        install()
    seconds = sum(module.GUEST_TIMEOUT for module in modules)
    options = [f"--timeout={seconds}", *(f"--module={name}" for name in drivers(items[0]))]
    tests = [str(items[0].config.rootpath / item.nodeid) for item in items]
    return subprocess.Popen([HERE / "run", *options, "sh", "-c", TALKS_WHEN_LOST, "sh", sys.executable,
                             "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={items[0].config.rootpath}", *tests],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            env=dict(os.environ, ORIEL_IN_GUEST="1", PYTHONDONTWRITEBYTECODE="1"))
