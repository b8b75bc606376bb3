// SPDX-License-Identifier: ISC
// command-relay: a tab asks another tab to send a command, and gets the reply back.

/** @import { Command, CommandSocket, Reply } from './command-socket.js' */

/** @typedef {{kind: 'command', number: number, command: Command}} Question */
/** @typedef {{kind: 'reply', number: number, reply?: Reply, reason?: string}} Answer  reason: why there is no reply */

export class CommandRelay {
  #send;
  /** @type {Map<number, {resolve: (reply: Reply) => void, reject: (why: Error) => void}>} */
  #waiting = new Map();
  #last = 0;

  /** @param {(message: Question) => void} send  to the tab that has the WebSocket */
  constructor(send) {
    this.#send = send;
  }

  /**
   * The reply, or an Error with the reason.
   * @param {Command} command
   * @returns {Promise<Reply>}
   */
  send(command) {
    return new Promise((resolve, reject) => {
      const number = ++this.#last;
      this.#waiting.set(number, { resolve, reject });
      this.#send({ kind: 'command', number, command });
    });
  }

  /** @param {Answer} message */
  answer({ number, reply, reason }) {
    const asked = this.#waiting.get(number);
    this.#waiting.delete(number);
    if (reply) asked?.resolve(reply);
    else asked?.reject(new Error(reason));
  }

  // The tab that was asked is gone.
  drop() {
    for (const { reject } of this.#waiting.values()) reject(new Error('the connection was lost before the camera answered'));
    this.#waiting.clear();
  }
}

/**
 * The other end: sends another tab's command.
 * @param {CommandSocket} socket
 * @param {Question} question
 * @param {(answer: Answer) => void} send
 */
export function relay(socket, { number, command }, send) {
  socket.send(command).then(
    (reply) => send({ kind: 'reply', number, reply }),
    (why) => send({ kind: 'reply', number, reason: why.message }));
}
