// SPDX-License-Identifier: ISC
// retry: keeps one connection open, and opens it again when it is lost.
//
// A Link reports its phase: 'connecting', 'open', 'waiting' (with a `reason` in words, and `until` in ms;
// 0: the browser decides), or 'paused' (it was closed on purpose).

/** @typedef {{phase: 'connecting' | 'open' | 'waiting' | 'paused', reason?: string, until?: number}} LinkState */

/**
 * Calls opened() when it is connected, and settles when the connection ends. It gets a signal of its own,
 * so listeners of the signal go when it ends.
 * @typedef {(opened: () => void, signal: AbortSignal) => Promise<void>} Attempt
 */

const FIRST = 500;      // ms before the first new attempt
const MOST = 15_000;

/**
 * The wait (ms) after that many failures in a row. Half of it is random, so that a thousand pages do not
 * come back at the same moment as the server.
 * @param {number} failures
 * @param {() => number} [random]
 */
export function backoff(failures, random = Math.random) {
  const whole = Math.min(MOST, FIRST * 2 ** failures);
  return whole / 2 + random() * whole / 2;
}

export class Link {
  #attempt;
  #report;
  /** @type {AbortController | null} */
  #life = null;

  /**
   * @param {Attempt} attempt
   * @param {(state: LinkState) => void} report
   */
  constructor(attempt, report) {
    this.#attempt = attempt;
    this.#report = report;
  }

  up() {
    if (!this.#life) this.#keep();
  }

  down() {
    if (!this.#life) return;
    this.#life.abort();
    this.#life = null;
    this.#report({ phase: 'paused', reason: '' });
  }

  // Reconnects, if it is up.
  again() {
    if (!this.#life) return;
    this.down();
    this.up();
  }

  async #keep() {
    for (let failures = 0; ; failures += 1) {
      const life = new AbortController();
      const report = (/** @type {LinkState} */ state) => life.signal.aborted || this.#report(state);
      const opened = () => {
        failures = 0;
        report({ phase: 'open', reason: '' });
      };
      this.#life = life;
      report({ phase: 'connecting' });
      const reason = await this.#attempt(opened, life.signal).then(() => '', (why) => why.message);
      const wait = backoff(failures);
      report({ phase: 'waiting', until: Date.now() + wait, reason });
      await sleep(wait, life.signal);
      if (life.signal.aborted) return;
    }
  }
}

// All that wait try now: the network is back, or the server has just answered.
const hints = new EventTarget();
export const retryNow = () => hints.dispatchEvent(new Event('retry'));
addEventListener('online', retryNow);

/**
 * Resolves after `ms`, or at once when the signal aborts or retryNow() is called.
 * @param {number} ms
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
export function sleep(ms, signal) {
  return new Promise((resolve) => {
    const over = new AbortController();
    const done = () => {
      clearTimeout(timer);
      over.abort();
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { signal: over.signal });
    hints.addEventListener('retry', done, { signal: over.signal });
    if (signal.aborted) done();
  });
}
