// SPDX-License-Identifier: ISC
// world: tabs that come, go, sleep and wake, with a simulated clock and channel. A word travels up to
// `delay` ms, by chance; each tab ticks in a rhythm of its own; one that is not awake hears nothing
// until it wakes, then all at once.

import { Election, TICK } from '../../html/election.js';

export class World {
  tabs = [];
  now = 0;
  #queue = [];
  #seed;
  #delay;

  constructor(seed, delay = 20) {
    this.#seed = seed;
    this.#delay = delay;
  }

  random() {
    this.#seed = (this.#seed * 48271) % 2147483647;
    return this.#seed / 2147483647;
  }

  tab() {
    const id = `${this.now + 1000}-${this.tabs.length}`;
    const tab = { id, awake: true, open: true, next: this.now + TICK, heard: [], turns: 0, words: 0 };
    tab.election = new Election(id, (word) => this.#send(tab, word), () => { tab.turns += 1; });
    this.tabs.push(tab);
    tab.election.join();
    return tab;
  }

  #send(from, word) {
    from.words += 1;
    for (const tab of this.tabs)
      if (tab !== from && tab.open)
        this.#queue.push({ at: this.now + 1 + this.random() * this.#delay, tab, word: { ...word, from: from.id } });
  }

  run(ms) {
    for (const end = this.now + ms; this.now < end; this.now += 1) {
      for (const { tab, word } of this.#queue.filter(({ at }) => at <= this.now)) tab.heard.push(word);
      this.#queue = this.#queue.filter(({ at }) => at > this.now);
      for (const tab of this.here()) this.#turn(tab);
    }
    return this;
  }

  #turn(tab) {
    for (const word of tab.heard.splice(0)) tab.election.receive(word);
    if (this.now < tab.next) return;
    tab.election.tick();
    tab.next = this.now + TICK;
  }

  here() {
    return this.tabs.filter(({ open, awake }) => open && awake);
  }

  leaders() {
    return this.here().filter(({ election }) => election.role === 'leading');
  }

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

  crash(tab) {
    tab.open = false;
  }

  close(tab) {
    tab.election.leave();
    tab.open = false;
  }
}
