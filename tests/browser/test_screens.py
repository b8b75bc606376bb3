# SPDX-License-Identifier: ISC
"""Screenshots for people to look at: `make screenshots` puts them into docs/."""
import pytest

from oriel import wait_for
from test_access import SCREENS


@pytest.fixture(scope="module")
def scenic(sites):
    """A site with a picture worth looking at, and something happening."""
    site = sites.new(cameras={"cam": ["--source=testcard", "--width=1280", "--height=720", "--fps=15",
                                      "--testcard-period=6000", "--cooldown=1500"]}).start()
    wait_for(lambda: len(site.get("/history?type=motion").json()) >= 4, patience=60)
    yield site
    sites.end(site)


@pytest.mark.parametrize("screen", SCREENS)
def test_screenshot(screen, scenic, browse, artefacts):
    page = browse(scenic, **SCREENS[screen]).live()
    wait_for(lambda: len(page.all("#events .event-thumb")) >= 4 and page.all("#saved .snap"))
    wait_for(lambda: page["box"].is_displayed())     # just as motion fires
    page.save(artefacts / f"{screen}.png")
    assert (artefacts / f"{screen}.png").stat().st_size > 20_000
