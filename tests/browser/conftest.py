# SPDX-License-Identifier: ISC
"""The dashboard in a real Chromium, in front of the real site (the fixtures of tests/site)."""
import importlib.util
import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent
SITE = HERE.parent / "site"
sys.path[:0] = [str(HERE), str(SITE)]
import chrome  # noqa: E402
import oriel  # noqa: E402

spec = importlib.util.spec_from_file_location("site_conftest", SITE / "conftest.py")
site_fixtures = importlib.util.module_from_spec(spec)
spec.loader.exec_module(site_fixtures)
sites, common_site, site = site_fixtures.sites, site_fixtures.common_site, site_fixtures.site
make_site, tidy, warm_up = site_fixtures.make_site, site_fixtures.tidy, site_fixtures.warm_up


@pytest.fixture(scope="session")
def chromium():
    chromium = chrome.Chromium()
    yield chromium
    chromium.quit()


@pytest.fixture
def browse(chromium):
    """browse(site, …) opens the dashboard; afterwards no page may have complained."""
    pages = []

    def open_page(site, path="/", **screen):
        page = chrome.Page(chromium, **screen)
        pages.append(page)
        return page.open(site.url(path))
    yield open_page
    complaints = chromium.complaints([word for page in pages for word in page.allowed])
    for page in pages:
        page.close()
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def page(site, browse):
    """The dashboard, live."""
    return browse(site).live()


@pytest.fixture(scope="session")
def axe():
    """axe-core's source, from npm, kept in the build tree."""
    folder = oriel.BUILD / "browser"
    script = folder / "node_modules/axe-core/axe.min.js"
    if not script.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--prefix", folder, "--no-save", "--no-audit", "--no-fund", "--ignore-scripts",
                        "--loglevel=error", "axe-core@4.14.1"], check=True, cwd=folder, stdin=subprocess.DEVNULL)
    return script.read_text()


@pytest.fixture(scope="session")
def artefacts():
    folder = pathlib.Path(os.environ.get("ARTEFACTS_DIR", oriel.BUILD / "artefacts")) / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
