// SPDX-License-Identifier: ISC
// connection-limit: which cameras of the site may hold a lasting connection in this browser.
//
// Over HTTP/1.1 a browser has six connections a host. A picture stream and an event stream take one each
// and keep it, so three cameras in three windows would leave none, and the next page would never load. So
// there are two places for pictures and two for events, and two connections are free for the rest. A
// camera without a place polls with short requests. WebSockets do not count among the six.
//
// Each place has its own election (tabs.js). A tab tries the second place while another tab has the
// first, and gives the second up when the first becomes free.

import { Tabs } from './tabs.js';

const LIMIT = 2;

// Over HTTP/2 and HTTP/3 all requests share one connection: there is no limit.
const plenty = () => {
  const [page] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType('navigation'));
  return /^h[23]/.test(page?.nextHopProtocol ?? '');
};

export class ConnectionLimit {
  allowed = true;           // until all places are taken
  #elections;
  #changed;
  #up = false;

  /**
   * @param {string} kind  of connection
   * @param {string} site  a path that all pages of the site have in common
   * @param {() => void} changed  called when `allowed` has changed
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
   * Nothing changes until the elections are decided.
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
