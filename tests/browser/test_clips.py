# SPDX-License-Identifier: ISC
"""Clips on the dashboard: recorded, found and played."""
import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from oriel import wait_for

CAMERA = ["--source=testcard", "--width=320", "--height=240", "--fps=20", "--testcard-period=4000", "--motion-gap=500", "--clip-before=1",
          "--clip-after=1", "--record=no"]


@pytest.fixture(scope="module")
def recorded(sites):
    site = sites.new(cameras={"cam": CAMERA}, records=[]).start()
    wait_for(lambda: site.command({"cmd": "record", "stop": True}).get("ok"))
    yield site
    sites.end(site)


def newest(site, cause):
    return next((clip for clip in site.get("/clips/?limit=5").json() if clip["cause"] == cause), None)


def row(page, key):
    return wait_for(lambda: page.all(f'#events [data-key="{key}"] .event-clips a'), 30)[0]


def test_recorded_by_hand_and_played(recorded, browse, browser, axe):
    page = browse(recorded).live()
    page["record-btn"].click()
    page.wait_text("notice-words", "Recording, until you stop it, for 10 min at most.")
    page.wait_text("record-words", "Stop recording")
    page.wait_text("record-time", "2 s")
    page["record-btn"].click()
    page.wait_text("notice-words", "Recorded. ")
    wait_for(lambda: page["record-btn"].text == "Record")
    clip = wait_for(lambda: newest(recorded, "manual"), 30)
    link = row(page, f"clip {clip['name']}")
    assert link.text == f"Clip, {round(clip['seconds'])} s"
    link.click()
    assert page["player"].get_attribute("open")
    able = page.run("return document.getElementById('player-video').canPlayType('video/mp4; codecs=\"avc1.640028\"')")
    if type(browser).__name__ == "WebKit" and not able:      # GStreamer's H.264 is a package of its own
        page.wait_text("player-failed", "This browser cannot play it")
    else:
        wait_for(lambda: page.run("const video = document.getElementById('player-video'); return video.readyState >= 2 && video.currentTime > 0"))
        assert page.run("return document.getElementById('player-video').duration") == pytest.approx(clip["seconds"], abs=0.2)
        assert page.text("player-failed") == ""
    assert page["player-download"].get_attribute("href") == recorded.url(f"/{clip['url']}")
    found = page.module(f"{axe}; return (await axe.run()).violations.map(({{id, impact, nodes}}) => ({{id, impact, where: nodes.map(({{html}}) => html)}}))")
    assert not [violation for violation in found if violation["impact"] in ("serious", "critical")], found
    ActionChains(page.driver).send_keys(Keys.ESCAPE).perform()
    wait_for(lambda: not page["player"].get_attribute("open"))
    assert page.run("return document.activeElement === arguments[0]", link)
    recorded.request("DELETE", f"/{clip['url']}")
    wait_for(lambda: not page.all(f'#events [data-key="clip {clip["name"]}"]'))


def test_motion_links_to_its_clip(recorded, browse):
    recorded.post("/config", json={"record": "motion"})
    page = browse(recorded, width=360, height=780).live()
    known = newest(recorded, "motion")
    clip = wait_for(lambda: newest(recorded, "motion") != known and newest(recorded, "motion"), 30)
    recorded.post("/config", json={"record": "no"})
    row(page, clip["motion"])
    assert page.run("return document.documentElement.scrollWidth") <= 360
    page.driver.refresh()
    row(page.live(), clip["motion"])
    wait_for(lambda: not list((recorded.state / "cam/clips").glob(".*")), 30)
    for each in recorded.get("/clips/").json():
        recorded.request("DELETE", f"/{each['url']}")
    wait_for(lambda: not page.all("#events .event-clip") and page.all(f'#events [data-key="{clip["motion"]}"]'))


def test_without_a_recorder(page):
    page["record-btn"].click()
    page.wait_text("notice-words", "Not recorded: the recorder is not running")
    assert page["record-btn"].text == "Record"
