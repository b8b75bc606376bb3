// SPDX-License-Identifier: ISC
// tabs: the tabs and windows of this browser that show the same thing. One of them leads.
//
// They use BroadcastChannel, because it works over plain HTTP. (Web Locks and service workers need a
// secure context.) Without it each tab is its own leader.

import { Election, TICK } from './election.js';

/** @typedef {{kind: string} & Record<string, any>} Message */
/** @typedef {Message & {from: string}} Received  `from`: the id of the tab that sent it */

const SHARED = typeof BroadcastChannel === 'function';

export class Tabs {
  #id = newId();
  #name;
  #handlers;
  #election;
  /** @type {BroadcastChannel | null} */
  #all = null;              // the channel of all tabs
  /** @type {BroadcastChannel | null} */
  #own = null;              // the channel to this tab
  /** @type {Map<string, BroadcastChannel>} */
  #others = new Map();      // the channels to other tabs, by id
  #clock = 0;

  /**
   * changed(): `leading` or `leader` have changed. message(received): another tab has sent it.
   * @param {string} name
   * @param {{changed: () => void, message: (received: Received) => void}} handlers
   */
  constructor(name, handlers) {
    this.#name = `oriel ${name}`;
    this.#handlers = handlers;
    this.#election = new Election(this.#id, (message) => this.#post(this.#all, message), () => handlers.changed());
  }

  get leading() {
    return this.#election.role === 'leading';
  }

  // The id of the leading tab; null: this one, or not known.
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

  /**
   * Sends to all other tabs that have joined.
   * @param {Message} message
   */
  broadcast(message) {
    this.#post(this.#all, message);
  }

  /**
   * Sends to one of them; null: to nobody.
   * @param {string | null} id
   * @param {Message} message
   */
  send(id, message) {
    if (id === null || !this.#clock || !SHARED) return;
    const channel = this.#others.get(id) ?? new BroadcastChannel(`${this.#name} ${id}`);
    this.#others.set(id, channel);
    this.#post(channel, message);
  }

  /** @param {string} name */
  #listen(name) {
    if (!SHARED) return null;
    const channel = new BroadcastChannel(name);
    channel.onmessage = ({ data }) => this.#receive(data);
    return channel;
  }

  /**
   * @param {BroadcastChannel | null} channel
   * @param {Message} message
   */
  #post(channel, message) {
    channel?.postMessage({ ...message, from: this.#id });
  }

  /** @param {Received} message */
  #receive(message) {
    if (message.term !== undefined) this.#election.receive(/** @type {any} */ (message));
    if (message.kind === 'bye') {
      this.#others.get(message.from)?.close();
      this.#others.delete(message.from);
    }
    this.#handlers.message(message);
  }
}

// Sorts by age, so that an older tab goes before a newer one. (randomUUID needs a secure context.)
function newId() {
  const chance = crypto.getRandomValues(new Uint32Array(2));
  return [Date.now(), ...chance].map((part) => part.toString(36).padStart(9, '0')).join('-');
}
