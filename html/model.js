// SPDX-License-Identifier: ISC
// model: holds the state of the page.
//
// The answer to a request may be older than an event that overtook it. So the actions that come during a
// request are remembered, and are applied again to what its answer changes (`answer` in state.js).

import { initial, reduce } from './state.js';

/** @import { Action, State } from './state.js' */

export class Model {
  /** @type {State} */
  state;
  #changed;
  /** @type {Action[][]} */
  #pending = [];        // the actions since each request under way; the oldest request first

  /**
   * @param {number} now  ms
   * @param {() => void} changed  is called after each action
   */
  constructor(now, changed) {
    this.state = { ...initial, now };
    this.#changed = changed;
  }

  /** @param {Action} action */
  dispatch = (action) => {
    for (const since of this.#pending) since.push(action);
    this.#reduce(action);
  };

  /**
   * Waits for a request that begins now, and dispatches action(answer). Returns the actions that came
   * meanwhile, or throws the request's error.
   * @param {Promise<any>} request
   * @param {(answer: any) => Action} action
   */
  async load(request, action) {
    /** @type {Action[]} */
    const since = [];
    this.#pending.push(since);
    try {
      const answer = { type: 'answer', answer: action(await request), since };
      this.#earlier(since).forEach((earlier) => earlier.push(answer));
      this.#reduce(answer);
    } finally {
      this.#pending = this.#pending.filter((pending) => pending !== since);
    }
    return since;
  }

  /**
   * The answer to a later request is the newer one.
   * @param {Action[]} since
   */
  #earlier(since) {
    return this.#pending.slice(0, this.#pending.indexOf(since));
  }

  /** @param {Action} action */
  #reduce(action) {
    this.state = reduce(this.state, action);
    this.#changed();
  }
}
