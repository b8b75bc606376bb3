// SPDX-License-Identifier: ISC
// fanout: hands pictures on to the tabs that follow. Each gets the newest one when it has asked for one,
// and asks when it has room for one: a tab that is slow, asleep or gone has at most one to take, and
// costs the others nothing.

export class Fanout {
  #tell;
  #members = new Map();     // id → {had, waits}
  #newest = null;
  #count = 0;

  // tell(id, message) reaches one tab.
  constructor(tell) {
    this.#tell = tell;
  }

  offer(picture) {
    this.#newest = picture;
    this.#count += 1;
    for (const [id, member] of this.#members) if (member.waits) this.#hand(id, member);
  }

  want(id) {
    const member = this.#members.get(id) ?? { had: 0 };
    this.#members.set(id, member);
    member.waits = true;
    if (member.had < this.#count) this.#hand(id, member);
  }

  forget(id) {
    this.#members.delete(id);
  }

  clear() {
    this.#members.clear();
    this.#newest = null;
    this.#count = 0;
  }

  #hand(id, member) {
    member.waits = false;
    member.had = this.#count;
    this.#tell(id, { kind: 'picture', picture: this.#newest });
  }
}
