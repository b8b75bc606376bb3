# SPDX-License-Identifier: ISC
"""Screenshots for people to look at: `make screenshots` puts them into docs/."""
import time

import pytest

from oriel import wait_for
from test_access import SCREENS


@pytest.fixture(scope="module")
def scenic(sites):
    """A site with a picture worth looking at, and something happening."""
    site = sites.new(cameras={"cam": ["--source=testcard", "--width=1280", "--height=720", "--fps=15",
                                      "--testcard-period=12000", "--cooldown=1500"]}).start()
    wait_for(lambda: len(site.get("/history?type=motion").json()) >= 6, patience=90)
    yield site
    sites.end(site)


@pytest.mark.parametrize("screen", SCREENS)
def test_screenshot(screen, scenic, browse, artefacts):
    options = SCREENS[screen]
    page = browse(scenic, **options).live()
    page.run("const img = document.querySelector('#events img'); return img !== null")
    wait_for(lambda: len(page.all("#events .event-thumb")) >= 6)
    time.sleep(15 if screen == "desktop" else 4)     # something to see in the plot
    page.save(artefacts / f"{screen}.png")
    assert (artefacts / f"{screen}.png").stat().st_size > 20_000
