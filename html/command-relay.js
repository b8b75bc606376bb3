// SPDX-License-Identifier: ISC
// command-relay: commands that one tab asks another to send, and the replies that come back.

export class CommandRelay {
  #tell;
  #waiting = new Map();     // number → {resolve, reject}
  #last = 0;

  // tell(message) reaches the tab that sends them.
  constructor(tell) {
    this.#tell = tell;
  }

  // The reply, or an Error with the reason.
  send(command) {
    return new Promise((resolve, reject) => {
      const number = ++this.#last;
      this.#waiting.set(number, { resolve, reject });
      this.#tell({ kind: 'ask', number, command });
    });
  }

  answer({ number, reply, reason }) {
    const asked = this.#waiting.get(number);
    this.#waiting.delete(number);
    if (reason) asked?.reject(new Error(reason));
    else asked?.resolve(reply);
  }

  // Who was asked is gone.
  drop() {
    for (const { reject } of this.#waiting.values()) reject(new Error('the connection was lost before the camera answered'));
    this.#waiting.clear();
  }

  // The other end: sends what another tab asks for.
  run(commands, { number, command }, tell) {
    commands.send(command).then(
      (reply) => tell({ kind: 'answer', number, reply }),
      (why) => tell({ kind: 'answer', number, reason: why.message }));
  }
}
