// SPDX-License-Identifier: ISC
// announcer: tells a screen reader of motion. At most one sentence in ten seconds, or a windy tree would
// talk without end. The next sentence counts what came meanwhile.

import { setText } from './dom.js';
import { clock, percent } from './text.js';

/** @import { Motion } from './state.js' */

const PAUSE = 10_000;       // ms

export class Announcer {
  #region;
  /** @type {Motion[]} */
  #held = [];
  /** @type {number} */
  #timer = 0;

  /** @param {HTMLElement} region */
  constructor(region) {
    this.#region = region;
  }

  /** @param {Motion} data */
  motion(data) {
    this.#held.push(data);
    if (!this.#timer) this.#speak();
  }

  #speak() {
    this.#timer = 0;
    const last = this.#held.at(-1);
    if (!last) return;
    const count = this.#held.length;
    const what = count === 1 ? 'Motion' : `${count} motions, the last`;
    setText(this.#region, `${what} at ${clock(last.ts)}, ${percent(last.change)} of the picture`);
    this.#held = [];
    this.#timer = setTimeout(() => this.#speak(), PAUSE);
  }
}
