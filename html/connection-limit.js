// SPDX-License-Identifier: ISC
// connection-limit: which cameras may hold a connection that lasts, of all that this browser shows of the site.
//
// Over HTTP/1.1 a browser has six connections a host. A stream and an event stream take one each for
// good, so three cameras in three windows would leave none, and the next page would never load. There
// are two for pictures and two for events: two connections are left for all else. A camera that may not
// hold one asks again and again, in requests that end soon. WebSockets do not count among the six.
//
// Each of the two is an election of its own (tabs.js). One tries the second while somebody else has
// the first, and gives it up when the first has become free.

import { Tabs } from './tabs.js';

const LIMIT = 2;

// Over HTTP/2 and HTTP/3 all requests share one connection: there is no limit.
const plenty = () => {
  const [page] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType('navigation'));
  return /^h[23]/.test(page?.nextHopProtocol ?? '');
};

export class ConnectionLimit {
  allowed = true;           // until somebody says that there is no place
  #elections;
  #changed;
  #up = false;

  /**
   * @param {string} kind  of connection
   * @param {string} site  a path that all pages of the site have in common
   * @param {() => void} changed  `allowed` is another
   */
  constructor(kind, site, changed) {
    const handlers = { changed: () => this.#decide(), message: () => {} };
    this.#elections = plenty() ? []
      : Array.from({ length: LIMIT }, (_, place) => new Tabs(`limit ${kind} ${place} ${site}`, handlers));
    this.#changed = changed;
  }

  up() {
    if (this.#up) return;
    this.#up = true;
    this.#elections[0]?.join();
  }

  down() {
    this.#up = false;
    for (const election of this.#elections) election.leave();
    this.allowed = true;
  }

  #decide() {
    if (!this.#up) return;
    const all = this.#elections;
    const mine = all.findIndex(({ leading }) => leading);
    if (mine >= 0) all.slice(mine + 1).forEach((election) => election.leave());
    else all.find((election, place) => place > 0 && all[place - 1].leader !== null && !election.leader)?.join();
    this.#allow(mine >= 0, all.every(({ leader }) => leader !== null));
  }

  /**
   * While it is not decided nothing changes.
   * @param {boolean} mine  one of the places
   * @param {boolean} taken  all of them, by others
   */
  #allow(mine, taken) {
    const allowed = mine || (this.allowed && !taken);
    if (allowed === this.allowed) return;
    this.allowed = allowed;
    this.#changed();
  }
}
