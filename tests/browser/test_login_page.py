# SPDX-License-Identifier: ISC
"""Logging in, being somebody, and logging out, as a person does it."""
import pathlib
import urllib.parse

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from oriel import wait_for
from people import PASSWORD, People, inhabited


@pytest.fixture(scope="module")
def people(sites):
    with inhabited(sites) as people:
        yield people


def at(page, path):
    url = urllib.parse.urlsplit(page.driver.current_url)
    return url.path == path and url


def log_in(page, name, password=PASSWORD):
    wait_for(lambda: page.driver.current_url.partition("?")[0].endswith("/login"))
    page["user"].clear()
    page["user"].send_keys(name)
    page["pass"].send_keys(password)
    before = page.driver.current_url
    page["pass"].send_keys(Keys.RETURN)
    # Engines differ in whether the key waits for the next page. Asked for an element of the one that
    # goes, WebKit without scripts may never answer.
    wait_for(lambda: page.driver.current_url != before)
    return page


def wait_focus(page, id):
    """`autofocus` comes true a moment after the page is loaded."""
    wait_for(lambda: page.run("return document.activeElement.id") == id)


def found_by_axe(page, axe):
    found = page.module(f"{axe}; return (await axe.run()).violations"
                        ".map(({id, impact, nodes}) => ({id, impact, where: nodes.map(({html}) => html)}))")
    return [violation for violation in found if violation["impact"] in ("serious", "critical")]


def test_in_and_out(people, browse):
    """Through the log-in page to the requested page; logging out in one tab logs out the other."""
    page = browse(people.site, "/?cam=cam")
    assert at(page, "/login")
    wait_focus(page, "user")
    page.allowed.append("status of 401")
    log_in(page, "anna", "wrong password")
    assert "Wrong name or password" in wait_for(lambda: page.all("#error"))[0].text
    assert page["user"].get_attribute("value") == "anna"
    wait_focus(page, "pass")
    log_in(page, "anna")
    wait_for(lambda: at(page, "/cam/cam/"))
    page.live().wait_movement()
    assert page.text("who-words") == "anna" and page["snap-btn"].is_displayed()
    page["snap-btn"].click()
    page.wait_text("notice-words", "Saved manual-")
    first = page.window.tab
    page.window.tab = second = page.window.new_tab()
    page.open(people.site.url("/")).live()
    page.allow_outage()
    page.all("#who button")[0].click()
    wait_for(lambda: at(page, "/login"))
    page.window.tab = first
    page.window.close_tab(second)
    wait_for(lambda: at(page, "/cam/cam/login"), patience=5)
    assert at(page, "/cam/cam/login").query == "next=%2Fcam%2Fcam%2F"
    page.open(people.site.url("/"))
    assert at(page, "/login")


def test_the_session_is_ended_by_another(people, browse):
    """The page leads to the log-in page by itself, once, and stays there."""
    page = log_in(browse(people.site), "anna").live().allow_outage()
    people.ctl("session", "revoke", "--user", "anna")
    wait_for(lambda: at(page, "/login"), patience=15)
    length = page.run("return history.length")
    ActionChains(page.driver).pause(1).perform()
    assert at(page, "/login") and page.run("return history.length") == length
    log_in(page, "anna").live()


def test_a_viewer_is_shown_what_a_viewer_may(people, browse, axe):
    people.site.command({"cmd": "snapshot_now"})
    page = log_in(browse(people.site), "vic")
    page.wait_text("link-words", "Live")
    page.wait_movement()
    wait_for(lambda: page.text("who-words") == "vic" and page.all("#saved .snap") and page.all("#set-cooldown"))
    page.run("for (const panel of document.querySelectorAll('details:not([hidden])')) panel.open = true")
    # At once: pictures come and go while one looks.
    buttons, shown = page.run("""
        const buttons = [...document.querySelectorAll('#snap-btn, #reset-btn, #saved .snap button')];
        return [buttons.length, buttons.filter((button) => button.getClientRects().length > 0).length];""")
    assert buttons > 2 and shown == 0
    assert not page["threshold"].is_enabled() and not page["set-cooldown"].is_enabled()
    assert [note.text for note in page.all(".for-viewers")] == ["You are a viewer here: saving, deleting and settings are for operators."]
    assert not found_by_axe(page, axe)
    page.window.screen(width=320, height=640)
    assert page.run("return document.documentElement.scrollWidth") <= 320
    page.run("document.querySelector('#saved .card-view').click()")
    wait_for(lambda: page["viewer-download"].is_displayed())
    assert not page["viewer-delete"].is_displayed()


@pytest.mark.parametrize("screen", [{}, {"dark": True}, {"width": 320, "height": 640}], ids=["light", "dark", "phone"])
def test_the_page_is_for_everybody(people, browse, axe, screen):
    page = browse(people.site, **screen)
    assert not found_by_axe(page, axe)
    assert page.run("return document.documentElement.scrollWidth") <= screen.get("width", 1280)
    wait_focus(page, "user")
    met = []
    for _ in range(2):
        ActionChains(page.driver).send_keys(Keys.TAB).perform()
        met.append(page.run("return document.activeElement.id || document.activeElement.tagName"))
        assert page.run("return getComputedStyle(document.activeElement).outlineStyle") == "solid", met
    assert met == ["pass", "BUTTON"]


def test_without_scripts(people, browse):
    page = log_in(browse(people.site, scripts=False), "vic")
    wait_for(lambda: at(page, "/") and page.all(".plain a"))
    page.all(".plain a[href='login']")[0].click()
    wait_for(lambda: page.all("form[action='/logout'] button"))[0].click()
    wait_for(lambda: page.all("#pass"))
    page.open(people.site.url("/"))
    assert at(page, "/login")


def test_the_first_user(make_site, browse, axe):
    site = make_site(ready=False, login=True)
    site.wait_up()
    page = browse(site, width=360, height=780)
    assert "Make the first user" in page.driver.title and not found_by_axe(page, axe)
    for field, text in [("token", (site.auth / "setup-token").read_text().strip()), ("user", "anna"), ("pass", PASSWORD), ("again", PASSWORD)]:
        page[field].send_keys(text)
    page["again"].send_keys(Keys.RETURN)
    wait_for(lambda: at(page, "/"))
    page.live()
    assert page.text("who-words") == "anna"


def test_the_tutorials_page_works_unchanged(make_site, browse):
    """…once one is logged in."""
    site = make_site(ready=False, login=True, html=pathlib.Path(__file__).parent / "tutorial")
    People(site).add("anna", "operator")
    page = browse(site, "/index.html")
    page.allowed += ["favicon.ico", "login.css", "icon.svg"]        # the tutorial has none
    log_in(page, "anna")
    wait_for(lambda: page.all("#snap-btn"))
    page.wait_movement()
    wait_for(lambda: page.all("#events li") and page.text("threshold-value") == "12")
    page.run("const slider = document.getElementById('threshold'); slider.value = 5; slider.dispatchEvent(new Event('change'));")
    wait_for(lambda: site.command({"cmd": "get"})["threshold"] == 5)
    page["snap-btn"].click()
    page["reset-btn"].click()
    wait_for(lambda: len(page.run("return window.replies")) == 2)
    assert all('"ok":true' in reply for reply in page.run("return window.replies"))


def test_off_shows_nothing_of_it(page):
    assert not page["who"].is_displayed() and not page.all(".for-viewers")[0].is_displayed()
