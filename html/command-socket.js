// SPDX-License-Identifier: ISC
// command-socket: commands to the camera over one WebSocket, each with an id that its reply brings back.

import { logIn, post } from './api.js';
import { NOT_CONNECTED, whyNoCommands } from './origin.js';

const LOGGED_OUT = 4401;    // what 401 is in HTTP
const PATIENCE = 5000;      // ms for one reply; a server that is later than this is not there

export class CommandSocket {
  #url;
  /** @type {WebSocket | null} */
  #socket = null;
  #waiting = new Map();     // id → {resolve, reject, timer}
  #last = 0;

  constructor(base) {
    this.#url = new URL('control', base);
    this.#url.protocol = this.#url.protocol === 'https:' ? 'wss:' : 'ws:';
  }

  get open() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  // One connection from start to end, for a Link.
  attempt = (opened, signal) => new Promise((/** @type {(value?: unknown) => void} */ resolve, reject) => {
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

  // The reply, or an Error with the camera's reason.
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

  #answer(reply) {
    const asked = this.#waiting.get(reply.id);
    if (!asked) return;
    this.#waiting.delete(reply.id);
    clearTimeout(asked.timer);
    const reason = reply.error ?? (reply.ok === false ? reply.reason : null);
    if (reason) asked.reject(new Error(reason));
    else asked.resolve(reply);
  }

  #drop(reason) {
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(new Error(reason));
    }
    this.#waiting.clear();
  }
}

// Sends changes as fast as they are answered and no faster: while one is on its way, only the newest
// value of each name waits. What was asked for shows at once; a refusal takes it back, with the reason.
export class Tuner {
  #send;
  #report;
  #next = {};
  #busy = false;

  constructor(send, report) {
    this.#send = send;
    this.#report = report;
  }

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
        (why) => this.#report({ type: 'refused', values, reason: why.message }));
    }
    this.#busy = false;
  }
}

// Over the WebSocket while it is there, else by POST: a setting can be changed either way.
export function sender(control, cmd, url) {
  const form = cmd === 'set' ? { tenths: true } : {};
  return (values) => (control.open ? control.send({ cmd, ...form, ...values }) : post(url, { ...form, ...values }));
}
