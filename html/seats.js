// SPDX-License-Identifier: ISC
// seats: which cameras may hold a connection that lasts, of all that this browser shows of the site.
//
// Over HTTP/1.1 a browser has six connections a host. A stream and an event stream take one each for
// good, so three cameras in three windows would leave none, and the next page would never load. There
// are two seats for pictures and two for news: two connections are left for all else. A camera without
// a seat asks again and again, in requests that end soon. WebSockets do not count among the six.
//
// Each seat is an election of its own (tabs.js). One tries the second while somebody else has the
// first, and gives it up when the first has become free.

import { Tabs } from './tabs.js';

const SEATS = 2;

// Over HTTP/2 and HTTP/3 all requests share one connection: nobody needs a seat.
const plenty = () => {
  const [page] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType('navigation'));
  return /^h[23]/.test(page?.nextHopProtocol ?? '');
};

export class Seats {
  seated = true;            // until somebody says that there is none
  #elections;
  #change;
  #up = false;

  // `site`: a path that all pages of the site have in common; change(): `seated` is another.
  constructor(kind, site, change) {
    const handlers = { turn: () => this.#turn(), hear: () => {} };
    this.#elections = plenty() ? []
      : Array.from({ length: SEATS }, (_, seat) => new Tabs(`seat ${kind} ${seat} ${site}`, handlers));
    this.#change = change;
  }

  up() {
    if (this.#up) return;
    this.#up = true;
    this.#elections[0]?.join();
  }

  down() {
    this.#up = false;
    for (const election of this.#elections) election.leave();
    this.seated = true;
  }

  #turn() {
    if (!this.#up) return;
    const others = this.#elections;
    const mine = others.findIndex(({ leading }) => leading);
    if (mine >= 0) others.slice(mine + 1).forEach((election) => election.leave());
    else others.find((election, seat) => seat > 0 && others[seat - 1].leader !== null && !election.leader)?.join();
    this.#sit(mine >= 0, others.every(({ leader }) => leader !== null));
  }

  // While it is not decided nothing changes.
  #sit(mine, taken) {
    const seated = mine || (this.seated && !taken);
    if (seated === this.seated) return;
    this.seated = seated;
    this.#change();
  }
}
