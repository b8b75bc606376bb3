# SPDX-License-Identifier: ISC
"""The dashboard in real browsers, in front of the real site (the fixtures of tests/site)."""
import importlib.util
import os
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).parent
SITE = HERE.parent / "site"
sys.path[:0] = [str(HERE), str(SITE), str(HERE.parent / "lint")]
import npm  # noqa: E402
import oriel  # noqa: E402
from browser import NAME  # noqa: E402
from chromium import Chromium  # noqa: E402
from firefox import Firefox  # noqa: E402
from page import Page  # noqa: E402
from webkit import WebKit  # noqa: E402

spec = importlib.util.spec_from_file_location("site_conftest", SITE / "conftest.py")
site_fixtures = importlib.util.module_from_spec(spec)
spec.loader.exec_module(site_fixtures)
common_site, site = site_fixtures.common_site, site_fixtures.site
make_site, tidy, warm_up = site_fixtures.make_site, site_fixtures.tidy, site_fixtures.warm_up


class Sites(site_fixtures.Sites):
    """Those that answer to the name as well."""

    def new(self, **kw):
        return super().new(**{"hosts": NAME} | kw)


@pytest.fixture(scope="session")
def sites(request):
    sites = request.session.oriel_sites = Sites()
    yield sites
    for site in list(sites.all):
        sites.end(site)


ENGINES = {"chromium": Chromium, "firefox": Firefox, "webkit": WebKit}


def pytest_configure(config):
    config.addinivalue_line("markers", "only(engine, why): this test is run in one engine alone")


def pytest_generate_tests(metafunc):
    if "browser" in metafunc.fixturenames:
        only = metafunc.definition.get_closest_marker("only")
        metafunc.parametrize("browser", only.args[:1] if only else list(ENGINES), indirect=True, scope="session")


@pytest.fixture(scope="session")
def browser(request):
    browser = ENGINES[request.param]()
    yield browser
    browser.quit()


@pytest.fixture
def browse(browser):
    """browse(site, …) opens the dashboard in a window of its own; after the test no page may have complained."""
    pages = []

    def open_page(site, path="/", name=NAME, **how):
        site.name = name
        page = Page(browser.window(**how))
        pages.append(page)
        return page.open(site.url(path))
    yield open_page
    allowed = [word for page in pages for word in page.allowed]
    complaints = [line for line in browser.complaints() if not any(word in line for word in allowed)]
    for page in pages:
        page.window.close()
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def page(site, browse):
    """The dashboard, live."""
    return browse(site).live()


@pytest.fixture(scope="session")
def axe():
    """axe-core's source, from npm, kept in the build tree."""
    return (npm.modules(oriel.BUILD, "axe-core") / "axe-core/axe.min.js").read_text()


@pytest.fixture
def artefacts(browser):
    folder = pathlib.Path(os.environ.get("ARTEFACTS_DIR", oriel.BUILD / "artefacts")) / "screenshots" / type(browser).__name__.lower()
    folder.mkdir(parents=True, exist_ok=True)
    return folder
