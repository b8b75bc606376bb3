# SPDX-License-Identifier: ISC
"""Each program is killed and comes back: the page says so meanwhile, and is live again by itself."""
import os
import signal
import threading

import pytest

from fake_orield import Orield
from oriel import wait_for


def kill(site, name):
    """kill -9; nginx with its workers, which would go on without it."""
    site.outage()
    site.allow("has closed the connection")
    site.restarts.add(name)
    workers = site[name].workers()
    site[name].kill()
    for pid in workers if name == "nginx" else []:
        os.kill(pid, signal.SIGKILL)


def works(page, site):
    """Picture, events, commands and settings, all of them."""
    page.live().wait_movement()
    page["snap-btn"].click()
    page.wait_text("notice-words", "Saved manual-")
    site.command({"cmd": "set", "threshold": 33})
    wait_for(lambda: page.text("threshold-value") == "33")
    site.command({"cmd": "set", "threshold": 12})
    wait_for(lambda: page.text("threshold-value") == "12")


WORDS = {
    "nginx": ["Reconnecting…", "Server not reachable, trying again"],
    "oriel-fcgi": ["Reconnecting…", "Camera site worker not running, trying again"],
    "orield": ["Camera offline: camera daemon not running"],
}


@pytest.mark.parametrize("name", ["nginx", "oriel-fcgi", "orield"])
def test_after_kill_9(name, make_site, browse):
    site = make_site()
    page = browse(site).allow_outage().live()
    kill(site, name)
    wait_for(lambda: page.text("link-words") in WORDS[name])
    wait_for(lambda: page["link"].get_attribute("data-kind") == "lost")
    site[name].start()
    works(page, site)


def test_the_buttons_without_commands(make_site, browse):
    """oriel-ws away: picture and settings go on, the buttons say what is the matter."""
    site = make_site()
    page = browse(site).allow_outage().live()
    kill(site, "oriel-ws")
    wait_for(lambda: page.attribute("snap-btn", "aria-disabled") == "true")
    assert page.text("link-words") == "Live"
    page["snap-btn"].click()
    page.wait_text("notice-words", "Not saved: not connected to the camera.")
    page.run("const slider = document.getElementById('threshold'); slider.value = 40;"
             "slider.dispatchEvent(new Event('input'));")
    wait_for(lambda: site.get("/config").json()["threshold"] == 40)
    site["oriel-ws"].start()
    works(page, site)


def test_a_page_that_was_there_before_its_camera(make_site, browse):
    """The settings are drawn once there is somebody to describe them."""
    site = make_site()
    kill(site, "orield")
    page = browse(site).allow_outage()
    page.wait_text("link-words", WORDS["orield"][0])
    assert not page.all("#settings-fields .field")
    site["orield"].start()
    wait_for(lambda: page.all("#set-cooldown"))
    works(page, site)


@pytest.mark.only("chromium", "one of them can be kept from asking")
def test_settings_that_were_not_told_are_asked_for_again(site, browse):
    page = browse(site).allow_outage()
    page.window.devtools("Network.enable")
    page.window.devtools("Network.setBlockedURLs", urls=["*/config"])
    page.driver.refresh()
    page.live()
    assert not page.all("#set-cooldown")
    page.window.devtools("Network.setBlockedURLs", urls=[])
    for threshold in (13, 12):
        site.command({"cmd": "set", "threshold": threshold})
        page.wait_text("threshold-value", str(threshold))
    wait_for(lambda: page.all("#set-cooldown"))


@pytest.mark.only("chromium", "one of them lets its fetch be changed")
def test_a_camera_that_describes_no_settings_is_asked_once(site, browse):
    page = browse(site)
    fake = page.window.devtools("Page.addScriptToEvaluateOnNewDocument", source="""
        const real = fetch;
        window.asked = 0;
        window.fetch = (url, options) => {
            if (!String(url).endsWith('/config') || options.method !== 'GET') return real(url, options);
            window.asked += 1;
            return Promise.resolve(Response.json({}));
        };""")
    page.driver.refresh()
    page.window.devtools("Page.removeScriptToEvaluateOnNewDocument", **fake)
    page.live()
    for threshold in (13, 12):
        site.command({"cmd": "set", "threshold": threshold})
        page.wait_text("threshold-value", str(threshold))
    assert page.run("return window.asked") == 1


@pytest.mark.parametrize("heard", [True, False])
def test_nothing_that_happened_meanwhile_is_missed(heard, make_site, browse):
    """Whether the page knows the number of an event to ask from, or not."""
    site = make_site(cameras={"cam": ["--motion=no"]})
    page = browse(site).allow_outage().live()
    if heard:
        picture = site.command({"cmd": "snapshot_now"})["name"]
        wait_for(lambda: page.all("#saved .snap"))
    before = site.command({"cmd": "events"})["last"]
    kill(site, "oriel-fcgi")
    if heard:
        wait_for(lambda: page["link"].get_attribute("data-kind") == "lost")
        site.command({"cmd": "snap_delete", "name": picture})
    site.command({"cmd": "set", "motion": True})
    missed = wait_for(lambda: site.command({"cmd": "events", "after": before, "type": "motion"})["events"])[0]
    site.command({"cmd": "set", "motion": False})
    site["oriel-fcgi"].start()
    wait_for(lambda: page.all(f'#events [data-key="{missed["id"]}"]'))
    keys = page.run("return [...document.getElementById('events').children].map((item) => item.dataset.key)")
    assert len(keys) == len(set(keys))
    if heard:
        wait_for(lambda: not page.all(f'#saved [data-key="{picture}"]'))


def test_an_old_picture_is_not_passed_off_as_new(make_site, browse):
    site = make_site()
    page = browse(site).allow_outage().live()
    assert page["view"].get_attribute("data-live") == "true"
    kill(site, "oriel-fcgi")
    wait_for(lambda: page["view"].get_attribute("data-live") == "false" and page["overlay"].is_displayed())
    assert page.wait_text("overlay", "Camera site worker not running")
    site["oriel-fcgi"].start()
    page.live()
    wait_for(lambda: page["view"].get_attribute("data-live") == "true" and not page["overlay"].is_displayed())


def test_a_placard_is_no_live_picture(make_site, browse, common_site):
    """The stream's own header counts, even while the last event still says online."""
    site = make_site(programs=["oriel-fcgi", "oriel-ws", "nginx"], ready=False)
    orield = Orield(site.folder)
    orield.answers["snaps"] = {"snaps": [], "count": 0, "bytes": 0}
    jpeg, over = common_site.get("/snapshot.jpg").content, threading.Event()

    def deliver():
        while not over.wait(0.1):
            orield.frame(jpeg, stale_ms=1000)
    camera = threading.Thread(target=deliver)
    camera.start()
    page = browse(site)
    page.wait_text("link-words", "Live")
    over.set()
    camera.join()
    page.wait_text("link-words", "No picture: no picture from the camera for ")
    assert page.attribute("link", "data-kind") == "lost"
    wait_for(lambda: page.attribute("stream", "aria-label").startswith("No picture: "))
    assert page.text("facts") == ""
    over.clear()
    camera = threading.Thread(target=deliver)
    camera.start()
    page.wait_text("link-words", "Live")
    over.set()
    camera.join()
    page.allow_outage()
    site.outage()
    orield.stop()
