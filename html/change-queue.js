// SPDX-License-Identifier: ISC
// change-queue: sends changes of settings, one request at a time. Meanwhile only the newest value of each
// name waits. The page shows a wanted value at once; a refusal takes it back, with the reason.

import { post } from './api.js';
import { messageOf } from './text.js';

/** @import { Connection } from './connection.js' */
/** @import { Values } from './state.js' */

/** @typedef {{type: 'want' | 'kept' | 'refused', values: Values, reason?: string}} Change */

export class ChangeQueue {
  #send;
  #report;
  /** @type {Values} */
  #next = {};
  #busy = false;

  /**
   * @param {(values: Values) => Promise<unknown>} send
   * @param {(change: Change) => void} report
   */
  constructor(send, report) {
    this.#send = send;
    this.#report = report;
  }

  /** @param {Values} values */
  want(values) {
    Object.assign(this.#next, values);
    this.#report({ type: 'want', values });
    if (!this.#busy) this.#flush();
  }

  async #flush() {
    this.#busy = true;
    while (Object.keys(this.#next).length > 0) {
      const values = this.#next;
      this.#next = {};
      await this.#send(values).then(
        () => this.#report({ type: 'kept', values }),
        (why) => this.#report({ type: 'refused', values, reason: messageOf(why) }));
    }
    this.#busy = false;
  }
}

/**
 * Sends over the WebSocket while it is open, else by POST.
 * @param {Connection} connection
 * @param {string} cmd
 * @param {URL} url
 */
export function changeSender(connection, cmd, url) {
  const form = cmd === 'set' ? { tenths: true } : {};
  return (/** @type {Values} */ values) =>
    (connection.open ? connection.send({ cmd, ...form, ...values }) : post(url, { ...form, ...values }));
}
