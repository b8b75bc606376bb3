// SPDX-License-Identifier: ISC
// election: of the tabs that show the same thing, one holds the connection for all. Which one?
// Pure: no clock, no channel, no document.
//
// The leader sends a message every second tick. A tab that hears nothing from it for LOST ticks claims
// its place for a new term. It leads, unless a tab with a better right answers within CLAIM ticks. A later
// term is a better right; within a term, the id that sorts first. A tab counts silence in its own ticks,
// not in time: so a tab that was asleep does not think that the others are gone. There may be two
// leaders for a moment, for example when the old one wakes up. That does no harm: they hear each other,
// and the one with the lesser right follows.

export const TICK = 125;        // ms between two calls of tick()
const LEAD = 2;                 // ticks
const CLAIM = 2;
const LOST = 10;

/** @typedef {{kind: 'lead' | 'claim' | 'bye', term: number}} Message */
/** @typedef {'out' | 'claiming' | 'following' | 'leading'} Role */

export class Election {
  /** @type {Role} */
  role = 'out';
  /** @type {string | null} */
  leader = null;                // the id of the tab that this one follows; null: not known
  #id;
  #send;
  #changed;
  #term = 0;                    // this tab's own, or the leader's
  #latest = 0;                  // the latest term heard of
  #ticks = 0;                   // since the leader's last message, or this tab's own

  /**
   * send() sends to all other tabs, which receive() it. changed() is called when role or leader have changed.
   * @param {string} id
   * @param {(message: Message) => void} send
   * @param {() => void} changed
   */
  constructor(id, send, changed) {
    this.#id = id;
    this.#send = (/** @type {Message['kind']} */ kind) => send({ kind, term: this.#term });
    this.#changed = changed;
  }

  join() {
    if (this.role === 'out') this.#claim();
  }

  leave() {
    if (this.role === 'out') return;
    this.#send('bye');
    this.#become('out', null);
  }

  tick() {
    this.#ticks += 1;
    if (this.role === 'leading' && this.#ticks >= LEAD) this.#insist();
    else if (this.role === 'claiming' && this.#ticks >= CLAIM) this.#lead();
    else if (this.role === 'following' && this.#ticks >= LOST) this.#claim();
  }

  /** @param {Message & {from: string}} message */
  receive({ kind, term, from }) {
    if (this.role === 'out') return;
    this.#latest = Math.max(this.#latest, term);
    if (kind === 'lead') this.#receiveLead(term, from);
    if (kind === 'claim') this.#receiveClaim(term, from);
    if (kind === 'bye' && this.role === 'following' && from === this.leader) this.#claim();
  }

  /**
   * @param {number} term
   * @param {string} from
   */
  #receiveLead(term, from) {
    const settled = this.role === 'leading' || (this.role === 'following' && this.leader !== null);
    if (!settled || from === this.leader || this.#yields(term, from)) this.#follow(from, term);
    else if (this.role === 'leading') this.#insist();
  }

  /**
   * @param {number} term
   * @param {string} from
   */
  #receiveClaim(term, from) {
    if (this.role === 'leading') this.#insist();
    if (this.role !== 'claiming') return;
    if (this.#yields(term, from)) this.#follow(null, term);     // it sends a message when it leads
    else this.#send('claim');
  }

  /**
   * Has `from` a better right than the leader that this tab follows, or than this tab?
   * @param {number} term
   * @param {string} from
   */
  #yields(term, from) {
    return term > this.#term || (term === this.#term && from < (this.leader ?? this.#id));
  }

  #claim() {
    this.#term = this.#latest += 1;
    this.#ticks = 0;
    this.#become('claiming', null);
    this.#send('claim');
  }

  #lead() {
    this.#become('leading', null);
    this.#insist();
  }

  #insist() {
    this.#ticks = 0;
    this.#send('lead');
  }

  /**
   * @param {string | null} leader
   * @param {number} term
   */
  #follow(leader, term) {
    this.#term = term;
    this.#ticks = 0;
    this.#become('following', leader);
  }

  /**
   * @param {Role} role
   * @param {string | null} leader
   */
  #become(role, leader) {
    if (this.role === role && this.leader === leader) return;
    this.role = role;
    this.leader = leader;
    this.#changed();
  }
}
