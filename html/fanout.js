// SPDX-License-Identifier: ISC
// fanout: gives pictures to the tabs that follow. A tab asks when it has room for a picture, and gets the
// newest one. So at most one picture waits in a tab that is slow, asleep or gone, and the others do not
// wait for it.

/** @import { Picture } from './picture-stream.js' */

/** @typedef {{had: number, waits: boolean}} Viewer  the number of the last picture it got; it has asked for the next */

export class Fanout {
  #send;
  /** @type {Map<string, Viewer>} */
  #viewers = new Map();     // by the id of the tab
  /** @type {Picture | null} */
  #newest = null;
  #count = 0;

  /** @param {(id: string, message: {kind: 'picture', picture: Picture | null}) => void} send  to one tab */
  constructor(send) {
    this.#send = send;
  }

  /** @param {Picture} picture */
  offer(picture) {
    this.#newest = picture;
    this.#count += 1;
    for (const [id, viewer] of this.#viewers) if (viewer.waits) this.#hand(id, viewer);
  }

  /** @param {string} id  of a tab that has room for a picture */
  want(id) {
    const viewer = this.#viewers.get(id) ?? { had: 0, waits: true };
    this.#viewers.set(id, viewer);
    viewer.waits = true;
    if (viewer.had < this.#count) this.#hand(id, viewer);
  }

  /** @param {string} id */
  forget(id) {
    this.#viewers.delete(id);
  }

  clear() {
    this.#viewers.clear();
    this.#newest = null;
    this.#count = 0;
  }

  /**
   * @param {string} id
   * @param {Viewer} viewer
   */
  #hand(id, viewer) {
    viewer.waits = false;
    viewer.had = this.#count;
    this.#send(id, { kind: 'picture', picture: this.#newest });
  }
}
