// SPDX-License-Identifier: ISC
// election: which one of the tabs that show the same thing holds the connection for all of them.
// Pure: no clock, no channel, no document.
//
// The leader says that it is there at every other tick. Who hears nothing of it for LOST ticks claims
// its place for a new term, and leads unless somebody with a better right answers within CLAIM ticks:
// a later term goes before an earlier one, and within a term the id that sorts first. Silence is
// counted in one's own ticks, not in time, so that a tab that was itself asleep does not take the
// others for gone. Two leaders for a moment, as when one wakes that was given up, do no harm: they hear
// each other, and the one with the lesser right follows.

export const TICK = 125;        // ms between two calls of tick()
const SAY = 2;                  // ticks
const CLAIM = 2;
const LOST = 10;

export class Election {
  role = 'out';                 // 'out', 'claiming', 'following' or 'leading'
  leader = null;                // the id of whom one follows; null: not known
  #id;
  #say;
  #turn;
  #term = 0;                    // one's own, or that of the leader
  #latest = 0;                  // ever heard of
  #ticks = 0;                   // since the leader's last word, or since one's own

  // say({kind, term}) goes to all others, who hear({kind, term, from}) it. turn() is called when role
  // or leader have changed.
  constructor(id, say, turn) {
    this.#id = id;
    this.#say = (kind) => say({ kind, term: this.#term });
    this.#turn = turn;
  }

  join() {
    if (this.role === 'out') this.#claim();
  }

  leave() {
    if (this.role === 'out') return;
    this.#say('bye');
    this.#become('out', null);
  }

  tick() {
    this.#ticks += 1;
    if (this.role === 'leading' && this.#ticks >= SAY) this.#insist();
    else if (this.role === 'claiming' && this.#ticks >= CLAIM) this.#lead();
    else if (this.role === 'following' && this.#ticks >= LOST) this.#claim();
  }

  hear({ kind, term, from }) {
    if (this.role === 'out') return;
    this.#latest = Math.max(this.#latest, term);
    if (kind === 'lead') this.#hearLead(term, from);
    if (kind === 'claim') this.#hearClaim(term, from);
    if (kind === 'bye' && this.role === 'following' && from === this.leader) this.#claim();
  }

  #hearLead(term, from) {
    const settled = this.role === 'leading' || (this.role === 'following' && this.leader !== null);
    if (!settled || from === this.leader || this.#yields(term, from)) this.#follow(from, term);
    else if (this.role === 'leading') this.#insist();
  }

  #hearClaim(term, from) {
    if (this.role === 'leading') this.#insist();
    if (this.role !== 'claiming') return;
    if (this.#yields(term, from)) this.#follow(null, term);     // it will say when it leads
    else this.#say('claim');
  }

  // Has `from` a better right than oneself, or than the one whom one follows?
  #yields(term, from) {
    return term > this.#term || (term === this.#term && from < (this.leader ?? this.#id));
  }

  #claim() {
    this.#term = this.#latest += 1;
    this.#ticks = 0;
    this.#become('claiming', null);
    this.#say('claim');
  }

  #lead() {
    this.#become('leading', null);
    this.#insist();
  }

  #insist() {
    this.#ticks = 0;
    this.#say('lead');
  }

  #follow(leader, term) {
    this.#term = term;
    this.#ticks = 0;
    this.#become('following', leader);
  }

  #become(role, leader) {
    if (this.role === role && this.leader === leader) return;
    this.role = role;
    this.leader = leader;
    this.#turn();
  }
}
