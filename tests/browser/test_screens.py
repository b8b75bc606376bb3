# SPDX-License-Identifier: ISC
"""Screenshots for people to look at: `make screenshots` puts them into docs/."""
import os

import pytest

from oriel import wait_for
from test_access import SCREENS

CURVE = 20 if os.environ.get("ORIEL_SCREENSHOTS") else 5      # s of it in the picture


@pytest.fixture
def scenic(make_site):
    """A site with a picture worth looking at, and something happening."""
    return make_site(cameras={"cam": ["--source=testcard", "--width=1280", "--height=720", "--fps=15",
                                      "--testcard-period=6000", "--cooldown=1500", "--motion-gap=1500"]})


def test_screenshots(scenic, browse, artefacts):
    page = browse(scenic).live()
    points = "return document.querySelector('#plot .plot-line').getAttribute('d')?.match(/L/g)?.length ?? 0"
    wait_for(lambda: page.run(points) >= CURVE, patience=40)
    for name, screen in SCREENS.items():
        page.window.screen(**screen)
        wait_for(lambda: not page["box"].is_displayed())
        wait_for(lambda: page["box"].is_displayed())     # just as motion fires
        page.save(artefacts / f"{name}.png")
        assert (artefacts / f"{name}.png").stat().st_size > 20_000
    for name, screen in {"settings": SCREENS["desktop"], "settings-phone": SCREENS["phone-dark"]}.items():
        page.window.screen(**screen)    # some load the page anew for that
        wait_for(lambda: page.run("return document.getElementById('set-cooldown') !== null"))
        page.run("const panel = document.getElementById('settings'); panel.open = true; panel.scrollIntoView()")
        wait_for(lambda: page["set-cooldown"].is_displayed())
        page.save(artefacts / f"{name}.png")
