# SPDX-License-Identifier: ISC
"""A page written for the camera that Oriel replaces, put in place of html/ as it is."""
import json
import pathlib

import pytest

from oriel import wait_for


@pytest.fixture
def page(make_site, browse):
    site = make_site(html=pathlib.Path(__file__).parent / "tutorial")
    page = browse(site, "/index.html")
    page.allowed.append("favicon.ico")      # the page has none, the browser asks
    return site, page


def test_the_tutorials_page_works_unchanged(page):
    site, page = page
    page.wait_movement()
    wait_for(lambda: page.text("threshold-value") == "12" and page["threshold"].get_attribute("value") == "12")
    page.run("const slider = document.getElementById('threshold'); slider.value = 5;"
             "slider.dispatchEvent(new Event('change'));")
    wait_for(lambda: site.get("/config").json()["threshold"] == 5)
    assert page.text("threshold-value") == "5"
    wait_for(lambda: page.all("#events li"))
    page["snap-btn"].click()
    page["reset-btn"].click()
    replies = wait_for(lambda: page.run("return window.replies.length === 2 && window.replies"))
    saved, reset = map(json.loads, replies)
    assert saved["ok"] is True and pathlib.PurePath(saved["saved"]).match("snaps/manual-*.jpg")
    assert reset == {"ok": True, "counters": "reset"}


def test_it_is_found_at_the_root_too(page):
    site, _ = page
    assert b"Backyard cam" in site.get("/").content
