# SPDX-License-Identifier: ISC
"""Windows and tabs of one browser together hold one stream, one event connection and one WebSocket, whichever of them closes, crashes or
hangs. (A browser has six connections per host.)"""
import time

import pytest
from selenium.common.exceptions import WebDriverException

from oriel import wait_for
from people import PASSWORD, inhabited

ONE = {"stream": 1, "events": 1, "control": 1}
NONE = {"stream": 0, "events": 0, "control": 0}
TAKE_OVER = 2       # seconds
SLACK = 1.5         # for the connection itself, on a busy machine


class Windows:
    """Side by side, so that all of them can be seen."""

    def __init__(self, page, site, count):
        self.page, self.site, self.tabs = page, site, [page.window.tab]
        for _ in range(count - 1):
            self.add()

    def add(self, path="/"):
        self.tabs.append(self.page.window.new_window())
        return self.at(self.tabs[-1]).open(self.site.url(path))

    def at(self, tab):
        self.page.window.tab = tab
        return self.page

    def live(self):
        for tab in self.tabs:
            self.at(tab).wait_text("link-words", "Live", patience=60)
            self.page.live().wait_movement()
        return self

    def close(self, tab):
        """It may be the first one; another is driven from then on."""
        self.tabs.remove(tab)
        self.at(self.tabs[0]).window.close_tab(tab)

    def hang(self, tab, seconds):
        """In a second its script begins to run for that long; until then another window can be chosen."""
        self.at(tab).run("setTimeout(() => { for (const end = Date.now() + arguments[0] * 1000; Date.now() < end;); }, 1000)", seconds)

    def newest(self):
        """When the picture was taken that the window shows, in seconds."""
        return float(self.page.run("return document.getElementById('stream').dataset.taken")) / 1000

    def gap(self, deed):
        """How many seconds the window that is looked at after deed() stands still."""
        began = moved = time.time()
        deed()
        longest, last = 0, self.newest()
        while time.time() - began < 5:
            newest = self.newest()
            if newest != last:
                last, moved = newest, time.time()
            longest = max(longest, time.time() - moved)
        return longest


@pytest.fixture
def slow(make_site):
    """Ten windows draw ten pictures: the tests' machine is small."""
    return make_site(cameras={"cam": ["--fps=5"]})


@pytest.fixture
def windows(slow, browse):
    """windows(3) → Windows, live."""
    return lambda count: Windows(browse(slow), slow, count).live()


@pytest.mark.only("chromium", "ten windows cost the others most of a minute each; two and three of theirs are below")
def test_ten_windows_hold_three_connections(make_site, browse):
    """…and all of them show the picture, the news, and send commands."""
    site = make_site(cameras={"cam": ["--fps=2"]})      # ten windows draw it: the tests' machine is small
    ten = Windows(browse(site), site, 10)
    for tab in ten.tabs:
        ten.at(tab).wait_text("facts", "320 × 240 · ", patience=60)
    wait_for(lambda: site.status()["viewers"] == ONE)
    site.command({"cmd": "set", "threshold": 33})
    began = time.time()
    for tab in ten.tabs:
        ten.at(tab).wait_text("threshold-value", "33")
        wait_for(lambda: ten.newest() > began)
    ten.page["snap-btn"].click()
    ten.page.wait_text("notice-words", "Saved manual-")
    wait_for(lambda: site.status()["viewers"] == ONE)


def test_the_leader_is_closed(windows, slow):
    three = windows(3)
    leader = three.tabs[0]
    three.at(three.tabs[1])
    gap = three.gap(lambda: three.close(leader))
    assert gap < TAKE_OVER, gap
    three.live()
    wait_for(lambda: slow.status()["viewers"] == ONE)


def test_the_leader_stands_still(windows, slow):
    """As when a page's script does not end, or the browser has put the page to sleep without notice."""
    three = windows(3)
    three.hang(three.tabs[0], seconds=6)
    three.at(three.tabs[1])
    gap = three.gap(lambda: None)
    assert 0.5 < gap < TAKE_OVER + SLACK, gap
    three.live()
    wait_for(lambda: slow.status()["viewers"] == ONE)


@pytest.mark.only("chromium", "DevTools alone can freeze a page")
def test_the_leader_is_frozen(windows, slow):
    """Page Lifecycle: the browser says so, and the page lets go at once."""
    three = windows(3)
    leader = three.tabs[0]
    three.page.window.devtools("Page.setWebLifecycleState", state="frozen")
    three.at(three.tabs[1])
    gap = three.gap(lambda: None)
    assert gap < TAKE_OVER, gap
    wait_for(lambda: slow.status()["viewers"] == ONE)
    three.at(leader).window.devtools("Page.setWebLifecycleState", state="active")
    three.page.window.close_tab(three.page.window.new_tab())      # it was hidden first: now it is seen again
    three.live()
    wait_for(lambda: slow.status()["viewers"] == ONE)


@pytest.mark.only("chromium", "DevTools alone can make a page crash")
def test_the_leader_crashes(windows, slow):
    three = windows(3)

    def crash():
        three.at(three.tabs.pop(0))
        with pytest.raises(WebDriverException, match="crash"):
            three.page.window.devtools("Page.crash")
        three.at(three.tabs[0])
    gap = three.gap(crash)
    assert gap < TAKE_OVER + SLACK, gap
    three.live()
    wait_for(lambda: slow.status()["viewers"] == ONE)


def test_a_command_whose_leader_is_lost_says_so(windows):
    two = windows(2)
    two.hang(two.tabs[0], seconds=5)
    two.at(two.tabs[1]).run("setTimeout(() => document.getElementById('snap-btn').click(), 1500)")
    two.page.wait_text("notice-words", "Not saved: the connection was lost before the camera answered")
    two.live()
    two.at(two.tabs[1])["snap-btn"].click()
    two.page.wait_text("notice-words", "Saved manual-")


@pytest.mark.only("chromium", "ten tabs cost the others most of a minute each; two and three of theirs are below")
def test_hidden_tabs_hold_nothing(slow, browse):
    """Ten tabs in one window: nine of them are hidden."""
    page = browse(slow).live()
    window, first, tabs = page.window, page.window.tab, []
    for _ in range(9):
        tabs.append(window.new_tab())
        window.tab = tabs[-1]
        page.open(slow.url("/")).live()
        wait_for(lambda: slow.status()["viewers"] == ONE)
    window.tab = first
    for tab in tabs:
        window.close_tab(tab)
    page.live().wait_movement()
    wait_for(lambda: slow.status()["viewers"] == ONE)


def test_each_camera_has_a_leader_of_its_own(make_site, browse):
    site = make_site(cameras={"cam": ["--fps=5"], "porch": ["--fps=5", "--width=240", "--height=180"]})
    windows = Windows(browse(site, "/?cam=cam"), site, 1)
    for path in ("/?cam=porch", "/?cam=cam", "/?cam=porch"):
        windows.add(path)
    windows.live()
    assert [site.status(name)["viewers"] for name in ("cam", "porch")] == [ONE, ONE]
    sizes = [windows.at(tab).text("facts").partition(" · ")[0] for tab in windows.tabs]
    assert sizes == ["320 × 240", "240 × 180"] * 2


SINGLE = "Single pictures: other cameras are open too"


@pytest.mark.only("chromium", "five windows; the election and the count of connections are the same in all of them")
def test_many_cameras_leave_room_for_the_next_page(make_site, browse):
    """Two cameras hold streams and events; the others ask again and again, and take a place that becomes free."""
    names = ["cam", "north", "porch", "yard"]
    site = make_site(cameras={name: ["--fps=5"] for name in names})
    four = Windows(browse(site, f"/cam/{names[0]}/"), site, 1)
    for name in names[1:]:
        four.add(f"/cam/{name}/")
    held = lambda kind: sum(site.status(name)["viewers"][kind] for name in names)
    for tab in four.tabs[:2]:
        four.at(tab).wait_text("link-words", "Live")
    for tab in four.tabs[2:]:
        four.at(tab).wait_text("link-words", SINGLE)
        four.page.wait_movement()
    assert held("stream") == 2 and held("control") == 4

    site.command({"cmd": "set", "threshold": 41}, "yard")
    four.page.wait_text("threshold-value", "41")
    four.page["snap-btn"].click()
    four.page.wait_text("notice-words", "Saved manual-")
    wait_for(lambda: any("/snaps/manual-" in link.get_attribute("href") for link in four.page.all("#saved a")))
    began = time.time()
    four.add("/cam/north/")
    four.page.wait_text("link-words", "Live")
    assert time.time() - began < 10

    four.close(four.tabs[0])
    wait_for(lambda: sorted(four.at(tab).text("link-words") for tab in four.tabs[1:3]) == ["Live", SINGLE])
    wait_for(lambda: held("stream") == 2)


def test_stills_are_each_tabs_own(windows, slow):
    """One person's wish for stills is not the other's."""
    two = windows(2)
    two.at(two.tabs[0])["mode-btn"].click()
    two.page.wait_text("link-words", "Online, still pictures")
    wait_for(lambda: slow.status()["viewers"] == ONE)       # the other may have to take over
    two.at(two.tabs[1]).live().wait_movement()


def test_log_out_ends_all(sites, browse):
    with inhabited(sites) as people:
        page = browse(people.site).allow_outage()
        page["user"].send_keys("anna")
        page["pass"].send_keys(PASSWORD)
        page.all("button")[0].click()
        wait_for(lambda: page.all("#link-words"))
        three = Windows(page, people.site, 3).live()
        hidden = page.window.new_tab()     # in front of the last
        three.at(three.tabs[1]).all("#who button")[0].click()
        for tab in three.tabs:
            wait_for(lambda: "/login" in three.at(tab).driver.current_url, patience=5)
        page.window.close_tab(hidden)
