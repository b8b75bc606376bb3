# SPDX-License-Identifier: ISC
"""Accessibility: small screens, keyboards, screen readers, reduced motion, no JavaScript."""
import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from oriel import wait_for

SCREENS = {
    "desktop": {},
    "phone": {"width": 360, "height": 780},
    "dark": {"dark": True},
    "phone-dark": {"width": 360, "height": 780, "dark": True},
}


def filled(page):
    """With events, saved pictures and all panels open: nothing hides from the check."""
    wait_for(lambda: page.all("#events .event") and page.all("#saved .snap"))
    page.run("for (const panel of document.querySelectorAll('details:not([hidden])')) panel.open = true")
    return page


@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_nothing_serious(screen, site, browse, axe):
    page = filled(browse(site, **SCREENS[screen]).live())
    found = page.module(f"{axe}; return (await axe.run()).violations"
                        ".map(({id, impact, nodes}) => ({id, impact, where: nodes.map(({html}) => html)}))")
    assert not [violation for violation in found if violation["impact"] in ("serious", "critical")], found


def test_axe_finds_nothing_serious_in_the_dialogs(site, browse, axe):
    page = filled(browse(site).live())
    page.all("#saved .card-view")[0].click()
    for button in (None, "viewer-delete"):
        if button:
            page[button].click()
        found = page.module(f"{axe}; return (await axe.run()).violations.map(({{id, impact, nodes}}) => "
                            "({id, impact, where: nodes.map(({html}) => html)}))")
        assert not [violation for violation in found if violation["impact"] in ("serious", "critical")], found


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_no_horizontal_scrolling(width, site, browse):
    page = filled(browse(site, width=width, height=780).live())
    assert page.run("return document.documentElement.scrollWidth") <= width


def test_everything_by_keyboard(page, site):
    """Tab goes to the slider and the buttons in reading order; keys work them."""
    met = []
    actions = ActionChains(page.driver)
    for _ in range(20):
        actions.send_keys(Keys.TAB).perform()
        met.append(page.run("return document.activeElement.id"))
        if met[-1] == "snap-btn":
            actions.send_keys(Keys.ENTER).perform()
            page.wait_text("notice-words", "Saved manual-")
        if met[-1] == "reset-btn":
            actions.send_keys(Keys.SPACE).perform()
            page.wait_text("notice-words", "Counter reset.")
        if met[-1] == "threshold":
            actions.send_keys(Keys.ARROW_RIGHT * 3).perform()
            wait_for(lambda: site.get("/config").json()["threshold"] == 15)
            actions.send_keys(Keys.ARROW_LEFT * 3).perform()
            wait_for(lambda: site.get("/config").json()["threshold"] == 12)
            break
    wanted = ["mode-btn", "full-btn", "snap-btn", "reset-btn", "threshold"]
    assert [id for id in met if id in wanted] == wanted


def test_the_focus_can_be_seen(page):
    ActionChains(page.driver).send_keys(Keys.TAB * 3).perform()
    outline = page.run("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_the_skip_link(page):
    ActionChains(page.driver).send_keys(Keys.TAB).perform()
    assert page.run("return document.activeElement.className") == "skip"
    ActionChains(page.driver).send_keys(Keys.ENTER).perform()
    wait_for(lambda: page.run("return document.activeElement.id") == "main")


def test_focus_stays_when_events_come_in(page):
    wait_for(lambda: page.all("#events .event-thumb"))
    page.run("document.querySelector('#events .event-thumb').focus(); window.focused = document.activeElement")
    count = len(page.all("#events .event"))
    wait_for(lambda: len(page.all("#events .event")) > count or count == 50)
    assert page.run("return document.activeElement === window.focused")


def test_a_screen_reader_is_not_flooded(page):
    """The live region says a thing at most every ten seconds, however often motion fires."""
    assert page.module("""
        const { Announcer } = await import('./announcer.js');
        const region = document.createElement('p');
        let said = 0;
        new MutationObserver((changes) => { said += changes.length; }).observe(region, { childList: true });
        const announcer = new Announcer(region);
        for (let ts = 1; ts <= 30; ts++) announcer.motion({ ts, change: ts });
        await new Promise((resolve) => setTimeout(resolve, 1000));
        return said;
        """) == 1
    for region in ("link-spoken", "motion-spoken", "notice"):
        assert page[region].get_attribute("role") == "status"


def test_less_motion_means_stills(site, browse):
    page = browse(site, calm=True)
    page.wait_text("link-words", "Online, still pictures")
    assert site.status()["viewers"]["stream"] == 0
    page["mode-btn"].click()
    page.live().wait_movement()
    wait_for(lambda: site.status()["viewers"]["stream"] == 1)
    page["mode-btn"].click()
    wait_for(lambda: site.status()["viewers"]["stream"] == 0)


def test_without_scripts(site, browse):
    page = browse(site, scripts=False)
    assert [node.get_attribute("href") for node in page.all(".plain a")][:2] == [
        site.url("/snapshot.jpg"), site.url("/stream.jpg")]
    assert page["stream"].tag_name == "img"
    first = page["stream"].screenshot_as_png
    wait_for(lambda: page["stream"].screenshot_as_png != first)
    assert not page["snap-btn"].is_displayed() and not page["threshold"].is_displayed()
    wait_for(lambda: site.status()["viewers"]["stream"] == 1)


def test_without_scripts_and_with_less_motion_there_is_a_still(site, browse):
    page = browse(site, scripts=False, calm=True)
    wait_for(lambda: len(page["stream"].screenshot_as_png) > 5000)
    assert site.status()["viewers"]["stream"] == 0


@pytest.mark.only("chromium", "the others cannot be told to")
def test_forced_colours_leave_what_colours_say(site, browse):
    page = browse(site).live()
    wait_for(lambda: page.all("#armed-choices :checked"))
    page.window.devtools("Emulation.setEmulatedMedia", features=[{"name": "forced-colors", "value": "active"}])
    dot, chosen, other = wait_for(lambda: page.run("""
        const ground = (node, part) => getComputedStyle(node, part).backgroundColor;
        return matchMedia('(forced-colors: active)').matches && [ground(document.getElementById('link'), '::before'),
            ground(document.querySelector('.choices :checked + span')), ground(document.querySelector('.choices :not(:checked) + span'))];"""))
    assert dot == "rgb(21, 128, 61)" and chosen != other
