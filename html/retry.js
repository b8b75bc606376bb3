// SPDX-License-Identifier: ISC
// retry: keeps one connection up, whatever happens to it.
//
// What a Link reports is how it stands: 'connecting', 'open', 'waiting' (with `until` in ms, 0 when the
// browser itself decides, and a `reason` in words), 'paused' when it was put down.

/** @typedef {{phase: 'connecting' | 'open' | 'waiting' | 'paused', reason?: string, until?: number}} LinkState */

/**
 * Calls opened() when it is connected and settles when that is over. Its signal is its own: what
 * listens to it goes with it.
 * @typedef {(opened: () => void, signal: AbortSignal) => Promise<void>} Attempt
 */

const FIRST = 500;      // ms before the first new attempt
const MOST = 15_000;

/**
 * The wait (ms) after that many failures in a row. Half of it is chance, so that a thousand pages do
 * not come back at once when a server does.
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

  // Starts anew what is up.
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

// Whoever waits, try now: the network is back, or the server was just heard of.
const hints = new EventTarget();
export const retryNow = () => hints.dispatchEvent(new Event('retry'));
addEventListener('online', retryNow);

/**
 * Resolves after `ms`, or at once when the signal ends or there is reason to hurry.
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
