# SPDX-License-Identifier: ISC
"""Which tab leads: html/election.js, with a simulated clock and channel and tabs that come, go, sleep and wake."""
import pytest

from browser import NAME
from page import Page

# A world of tabs: word travels `delay` ms (by chance, up to that), each ticks in a rhythm of its own;
# `awake: false` hears nothing until it wakes, then all at once.
WORLD = """
    const { Election, TICK } = await import('./election.js');
    class World {
        tabs = []; now = 0; queue = [];
        constructor(seed, delay = 20) { this.seed = seed; this.delay = delay; }
        random() { this.seed = (this.seed * 48271) % 2147483647; return this.seed / 2147483647; }
        tab() {
            const id = `${this.now + 1000}-${this.tabs.length}`;
            const tab = { id, awake: true, open: true, next: this.now + TICK, heard: [], turns: 0, words: 0 };
            tab.election = new Election(id, (word) => this.send(tab, word), () => { tab.turns += 1; });
            this.tabs.push(tab);
            tab.election.join();
            return tab;
        }
        send(from, word) {
            from.words += 1;
            for (const tab of this.tabs) if (tab !== from && tab.open)
                this.queue.push({ at: this.now + 1 + this.random() * this.delay, tab, word: { ...word, from: from.id } });
        }
        run(ms) {
            for (const end = this.now + ms; this.now < end; this.now += 1) {
                const due = this.queue.filter(({ at }) => at <= this.now);
                this.queue = this.queue.filter(({ at }) => at > this.now);
                for (const { tab, word } of due) tab.heard.push(word);
                for (const tab of this.tabs) if (tab.open && tab.awake) {
                    for (const word of tab.heard.splice(0)) tab.election.hear(word);
                    if (this.now >= tab.next) { tab.election.tick(); tab.next = this.now + TICK; }
                }
            }
            return this;
        }
        here() { return this.tabs.filter(({ open, awake }) => open && awake); }
        leaders() { return this.here().filter(({ election }) => election.role === 'leading'); }
        // One leads, and all others know which.
        settled() {
            const [leader, ...more] = this.leaders();
            return Boolean(leader) && more.length === 0 && this.here().every(({ election }) =>
                election.role === 'leading' || (election.role === 'following' && election.leader === leader.id));
        }
        // ms until it is settled.
        settle(most = 5000) {
            const from = this.now;
            while (!this.settled() && this.now - from < most) this.run(1);
            return this.now - from;
        }
        crash(tab) { tab.open = false; }
        close(tab) { tab.election.leave(); tab.open = false; }
    }
"""


pytestmark = pytest.mark.only("chromium", "arithmetic is the same in all of them")


@pytest.fixture(scope="module")
def simulate(site_page):
    return lambda script: site_page.module(WORLD + script)


@pytest.fixture(scope="module")
def site_page(common_site, browser):
    common_site.name = NAME
    page = Page(browser.window()).open(common_site.url("/icon.svg"))
    yield page
    page.window.close()


def test_a_tab_alone_leads_soon(simulate):
    assert simulate("const world = new World(1); world.tab(); return world.settle();") <= 300


def test_a_new_tab_follows_and_moves_nobody(simulate):
    assert simulate("""
        const world = new World(2);
        const first = world.tab();
        world.run(3000);
        const more = [1, 2, 3].map(() => { const tab = world.tab(); world.run(2000); return tab; });
        return [first.election.role, first.turns, ...more.map(({ election }) => election.leader === first.id), world.settled()];
        """) == ["leading", 2, True, True, True, True]


@pytest.mark.parametrize("way, most", [("close", 400), ("crash", 2000)])
def test_another_takes_over(simulate, way, most):
    took = simulate("""
        const took = [];
        for (let seed = 1; seed <= 100; seed++) {
            const world = new World(seed);
            for (let count = 0; count < 10; count++) { world.tab(); world.run(world.random() * 300); }
            world.run(3000);
            world.%s(world.leaders()[0]);
            took.push(world.settle());
        }
        return Math.max(...took);""" % way)
    assert 0 < took <= most


def test_one_that_sleeps_is_replaced_and_follows_when_it_wakes(simulate):
    assert simulate("""
        const bad = [];
        for (let seed = 1; seed <= 100; seed++) {
            const world = new World(seed);
            for (let count = 0; count < 5; count++) world.tab();
            world.run(3000);
            const old = world.leaders()[0];
            old.awake = false;
            const took = world.settle();
            const [heir] = world.leaders();
            world.run(world.random() * 10000);
            old.awake = true;
            const woke = world.settle();
            if (took > 2000 || woke > 500 || world.leaders()[0] !== heir) bad.push([seed, took, woke]);
        }
        return bad;""") == []


def test_who_slept_takes_nobody_for_gone(simulate):
    """A laptop that was shut: all wake together, and nobody claims anything."""
    assert simulate("""
        const world = new World(4);
        for (let count = 0; count < 5; count++) world.tab();
        world.run(3000);
        const turns = world.tabs.map((tab) => tab.turns);
        for (const tab of world.tabs) { tab.next += 3_600_000; }
        world.now += 3_600_000;
        world.run(3000);
        return [world.settled(), world.tabs.every((tab, at) => tab.turns === turns[at])];""") == [True, True]


def test_tabs_that_come_at_once_agree(simulate):
    assert simulate("""
        const bad = [];
        for (let seed = 1; seed <= 200; seed++) {
            const world = new World(seed, 60);
            for (let count = 0; count < 10; count++) world.tab();
            const took = world.settle();
            world.run(5000);
            if (took > 1500 || !world.settled()) bad.push([seed, took]);
        }
        return bad;""") == []


def test_whatever_happens_one_leads_two_seconds_later(simulate):
    """Chance opens, closes, crashes, sends to sleep and wakes; also on a slow channel."""
    assert simulate("""
        const bad = [];
        for (let seed = 1; seed <= 60; seed++) {
            const world = new World(seed * 7919, seed % 3 === 0 ? 200 : 20);
            world.tab();
            for (let turn = 0; turn < 40; turn++) {
                const here = world.here();
                const any = here[Math.floor(world.random() * here.length)];
                const asleep = world.tabs.find(({ open, awake }) => open && !awake);
                const deed = Math.floor(world.random() * 5);
                if (deed === 0 || here.length < 2) world.tab();
                else if (deed === 1) world.close(any);
                else if (deed === 2) world.crash(any);
                else if (deed === 3) any.awake = false;
                else if (asleep) asleep.awake = true;
                world.run(world.random() * 1500);
            }
            const took = world.settle();
            world.run(5000);
            if (took > 2500 || !world.settled()) bad.push([seed, took, world.tabs.map(({ election, open, awake }) => [election.role, open, awake])]);
        }
        return bad;""") == []


def test_it_is_quiet_when_nothing_happens(simulate):
    """Only the leader speaks, four times a second."""
    assert simulate("""
        const world = new World(9);
        for (let count = 0; count < 10; count++) world.tab();
        world.run(5000);
        for (const tab of world.tabs) tab.words = 0;
        world.run(10000);
        return world.tabs.map(({ words }) => words).sort((a, b) => b - a).slice(0, 3);""") in ([40, 0, 0], [39, 0, 0], [41, 0, 0])
