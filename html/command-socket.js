// SPDX-License-Identifier: ISC
// command-socket: commands to the camera over one WebSocket. Each has an id, and its reply has the same.

import { logIn } from './api.js';
import { NOT_CONNECTED, whyNoCommands } from './origin.js';

/** @typedef {{cmd: string} & Record<string, unknown>} Command */
/** @typedef {Record<string, any>} Reply */
/** @typedef {{resolve: (reply: Reply) => void, reject: (why: Error) => void, timer: number}} Waiting */

const LOGGED_OUT = 4401;    // the WebSocket's code for HTTP's 401
const PATIENCE = 5000;      // ms for one reply; after that the server counts as gone

export class CommandSocket {
  #url;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {Map<number, Waiting>} */
  #waiting = new Map();     // by id
  #last = 0;

  /** @param {URL} base */
  constructor(base) {
    this.#url = new URL('control', base);
    this.#url.protocol = this.#url.protocol === 'https:' ? 'wss:' : 'ws:';
  }

  get open() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /**
   * One connection from start to end, for a Link.
   * @type {import('./retry.js').Attempt}
   */
  attempt = (opened, signal) => new Promise((resolve, reject) => {
    const socket = new WebSocket(this.#url);
    let met = false;
    this.#socket = socket;
    socket.onopen = () => {
      met = true;
      opened();
    };
    socket.onmessage = ({ data }) => this.#answer(JSON.parse(data));
    socket.onclose = ({ code }) => {
      if (code === LOGGED_OUT) logIn();
      this.#drop('the connection was lost before the camera answered');
      const why = met ? Promise.resolve(NOT_CONNECTED) : whyNoCommands();
      why.then((words) => reject(new Error(words)));
    };
    signal.addEventListener('abort', () => {
      socket.onclose = null;
      if (socket.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close();
      else socket.close();
      this.#drop('the connection was given up');
      resolve();
    });
  });

  /**
   * The reply, or an Error with the camera's reason.
   * @param {Command} command
   * @returns {Promise<Reply>}
   */
  send(command) {
    return new Promise((resolve, reject) => {
      const socket = this.#socket;
      if (!socket || !this.open) throw new Error(NOT_CONNECTED);
      const id = ++this.#last;
      const timer = setTimeout(() => socket.close(), PATIENCE);
      this.#waiting.set(id, { resolve, reject, timer });
      socket.send(JSON.stringify({ ...command, id }));
    });
  }

  /** @param {Reply} reply */
  #answer(reply) {
    const asked = this.#waiting.get(reply.id);
    if (!asked) return;
    this.#waiting.delete(reply.id);
    clearTimeout(asked.timer);
    const reason = reply.error ?? (reply.ok === false ? reply.reason : null);
    if (reason) asked.reject(new Error(reason));
    else asked.resolve(reply);
  }

  /** @param {string} reason */
  #drop(reason) {
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(new Error(reason));
    }
    this.#waiting.clear();
  }
}
