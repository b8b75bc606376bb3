# SPDX-License-Identifier: ISC
"""One site for most tests, a site of its own for each of the rest. After every test the logs, descriptors and processes of all of them are
checked."""
import concurrent.futures
import os
import pathlib
import shutil
import sys
import tempfile

import pytest
import requests

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import oriel  # noqa: E402

needs_ipv6 = pytest.mark.skipif(not oriel.has_ipv6(), reason="this machine has no IPv6: nothing can listen on ::1")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """A failed test keeps its folder, with all logs, and says where it is."""
    report = (yield).get_result()
    if report.failed:
        for site in getattr(item.session, "oriel_sites", Sites()).all:
            site.keep = True
            report.sections.append(("folder", str(site.folder)))


class Sites:
    def __init__(self):
        self.all = []

    def new(self, **kw):
        site = oriel.Site(**kw)
        self.all.append(site)
        return site

    def end(self, site):
        self.all.remove(site)
        try:
            site.stop()
            assert not list(site.complaints())
        finally:
            for daemon in site.daemons.values():
                if daemon.process and daemon.process.poll() is None:
                    daemon.kill()
            if not site.keep:
                shutil.rmtree(site.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sites(request):
    sites = request.session.oriel_sites = Sites()
    yield sites
    for site in list(sites.all):
        sites.end(site)


@pytest.fixture(scope="session")
def common_site(sites):
    site = sites.new().start()
    warm_up(site)
    return site


def warm_up(site):
    """What a program opens once and keeps: nginx's 16 kept connections, SQLite's files."""
    site.post("/config", json={"threshold": 12})
    generation, sequence = map(int, site.get("/snapshot.jpg").headers["ETag"].strip('"').split("-"))
    future = f"/snapshot.jpg?after={generation}-{sequence + 10000}&wait=500"
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        assert set(pool.map(lambda _: requests.get(site.url(future), timeout=20).status_code, range(20))) == {204}
    with site.stream() as stream, site.events() as events, site.control() as control:
        stream.part(), events.wait("state"), control.ask({"cmd": "get"})
    oriel.wait_for(lambda: set(site.status()["viewers"].values()) == {0})


@pytest.fixture
def site(common_site):
    return common_site


@pytest.fixture
def make_site(sites):
    """A site of the test's own: make_site(cameras={"cam": ["--fps=2"]}, mount="/front-door", …)."""
    made = []

    def make(ready=True, prepare=lambda site: None, **kw):
        site = sites.new(**kw)
        made.append(site)
        prepare(site)
        site.start(ready)
        site.begin()
        return site
    yield make
    for site in made:
        problems = list(site.complaints())
        sites.end(site)
        assert not problems, "\n".join(problems)


@pytest.fixture
def dev():
    """A folder for the synthetic camera's nodes, where a confined program may look."""
    folder = tempfile.mkdtemp(prefix="oriel-dev-", dir="/dev/shm")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def tidy(request):
    """After each test: nothing bad in the logs, no descriptor, process or zombie left."""
    sites = request.getfixturevalue("sites") if "sites" in request.fixturenames else None
    if sites is None:
        yield
        return
    if "common_site" in request.fixturenames:
        request.getfixturevalue("common_site")
    for site in sites.all:
        site.begin()
    pids = {site: dict(site.pids) for site in sites.all}
    yield
    for site in sites.all:
        problems = list(site.complaints())
        assert not problems, "\n".join(problems)
        settle(site)
        for name, before in pids.get(site, {}).items():
            assert site[name].process.poll() is None, f"{name} is gone"
            assert site[name].pids() == before or name in site.restarts, f"{name} has other processes"
    zombies = [pid for pid in oriel.children(os.getpid()) if oriel.process_state(pid) == "Z"]
    assert not zombies, f"zombies: {zombies}"
    assert not strays(sites), f"strays: {strays(sites)}"


def settle(site, patience=5):
    """Until no descriptor is open that was not before; what was closed needs a moment."""
    site.session.close()
    try:
        oriel.wait_for(lambda: not list(site.leaks()), patience)
    except AssertionError:
        raise AssertionError("\n".join(site.leaks())) from None


def strays(sites):
    """Processes of ours that no site knows of."""
    known = {pid for site in sites.all for d in site.daemons.values() if d.process for pid in d.pids()}
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) not in known:
            try:
                environment = (entry / "environ").read_bytes()
            except OSError:
                continue
            if b"ORIEL_TEST=%d\0" % os.getpid() in environment and oriel.process_state(int(entry.name)) not in (None, "Z"):
                found.append((entry.name, (entry / "cmdline").read_bytes()))
    return found
