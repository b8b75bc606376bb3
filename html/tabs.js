// SPDX-License-Identifier: ISC
// tabs: the tabs and windows of this browser that show the same thing, of which one leads.
//
// Over BroadcastChannel, which plain HTTP has as well (no secure context, so no Web Locks and no
// service worker). Where it is missing each tab leads itself.

import { Election, TICK } from './election.js';

const SHARED = typeof BroadcastChannel === 'function';

export class Tabs {
  #id = newId();
  #name;
  #handlers;
  #election;
  /** @type {BroadcastChannel | null} */
  #all = null;              // the channel that all hear
  /** @type {BroadcastChannel | null} */
  #own = null;              // the one that this tab alone hears
  #others = new Map();      // id → the channel to that tab
  #clock = 0;

  // handlers.turn(): `leading` or `leader` have changed. handlers.hear({kind, from, …}): what another tab
  // has said or told.
  constructor(name, handlers) {
    this.#name = `oriel ${name}`;
    this.#handlers = handlers;
    this.#election = new Election(this.#id, (word) => this.#post(this.#all, word), () => handlers.turn());
  }

  get leading() {
    return this.#election.role === 'leading';
  }

  // The id of the tab that leads; null: this one, or not known.
  get leader() {
    return this.#election.leader;
  }

  join() {
    if (this.#clock) return;
    this.#all = this.#listen(this.#name);
    this.#own = this.#listen(`${this.#name} ${this.#id}`);
    this.#clock = setInterval(() => this.#election.tick(), TICK);
    this.#election.join();
    if (SHARED) return;
    while (!this.leading) this.#election.tick();
  }

  leave() {
    if (!this.#clock) return;
    clearInterval(this.#clock);
    this.#clock = 0;
    this.#election.leave();
    for (const channel of [this.#all, this.#own, ...this.#others.values()]) channel?.close();
    this.#all = this.#own = null;
    this.#others.clear();
  }

  // To all others that have joined.
  say(message) {
    this.#post(this.#all, message);
  }

  // To one of them.
  tell(id, message) {
    if (!this.#clock || !SHARED) return;
    if (!this.#others.has(id)) this.#others.set(id, new BroadcastChannel(`${this.#name} ${id}`));
    this.#post(this.#others.get(id), message);
  }

  #listen(name) {
    if (!SHARED) return null;
    const channel = new BroadcastChannel(name);
    channel.onmessage = ({ data }) => this.#hear(data);
    return channel;
  }

  #post(channel, message) {
    channel?.postMessage({ ...message, from: this.#id });
  }

  #hear(message) {
    if (message.term !== undefined) this.#election.hear(message);
    if (message.kind === 'bye') {
      this.#others.get(message.from)?.close();
      this.#others.delete(message.from);
    }
    this.#handlers.hear(message);
  }
}

// Sorts by age, so that an older tab goes before a newer one. (randomUUID needs a secure context.)
function newId() {
  const chance = crypto.getRandomValues(new Uint32Array(2));
  return [Date.now(), ...chance].map((part) => part.toString(36).padStart(9, '0')).join('-');
}
