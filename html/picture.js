// SPDX-License-Identifier: ISC
// picture: what the camera sees, live or as stills, as the person chose.
//
// 'live' is the stream (picture-stream.js): one tab loads it for all that show this camera. 'still' is one
// picture every ten seconds, for people who asked for less motion, always or just now. It needs no lasting
// connection, so each tab loads its own.

import { sitePath } from './api.js';
import { ConnectionLimit } from './connection-limit.js';
import { Fanout } from './fanout.js';
import { PictureCanvas } from './picture-canvas.js';
import { PictureStream, stills } from './picture-stream.js';
import { Link, retryNow } from './retry.js';
import { Tabs } from './tabs.js';

/** @import { Picture, PictureLink } from './picture-stream.js' */
/** @import { Received } from './tabs.js' */

/** @typedef {'live' | 'still'} Mode */

const STILL_EVERY = 10_000;     // ms
const ASK_AGAIN = 1000;

export class LivePicture {
  #report;
  #canvas;
  #stream;
  #links;                       // by mode
  #tabs;
  #limit;
  #fanout;
  /** @type {PictureLink} */
  #state = {};                  // of the stream, from the leader
  /** @type {Mode} */
  #mode = 'live';
  #up = false;
  #asked = 0;                   // when the leader was last asked for a picture

  /**
   * @param {HTMLElement} frame
   * @param {URL} base
   * @param {(link: PictureLink) => void} report
   */
  constructor(frame, base, report) {
    this.#report = report;
    this.#canvas = new PictureCanvas(frame, () => this.#ask());
    this.#tabs = new Tabs(`pictures ${base.pathname}`, {
      changed: () => this.#leaderChanged(), message: (received) => this.#receive(received) });
    this.#fanout = new Fanout((id, message) => this.#tabs.send(id, message));
    this.#limit = new ConnectionLimit('picture', sitePath, () => this.#links.live.again());
    const share = (/** @type {PictureLink} */ link) => this.#share(link);
    this.#stream = new PictureStream(base, (picture) => this.#offer(picture), share, this.#limit);
    this.#links = {
      live: new Link(this.#stream.attempt, share),
      still: new Link(stills(base, STILL_EVERY, (picture) => this.#canvas.offer(picture)), report),
    };
  }

  get mode() {
    return this.#mode;
  }

  set mode(mode) {
    const up = this.#up;
    this.down();
    this.#mode = mode;
    this.#stream.forgetFailures();
    this.#report({ mode });
    if (up) this.up();
  }

  up() {
    this.#up = true;
    if (this.#mode === 'live') this.#tabs.join();
    else this.#links.still.up();
  }

  // The last picture stays.
  down() {
    this.#up = false;
    this.#tabs.leave();
    this.#links.still.down();
    this.#report({ phase: 'paused', reason: '' });
  }

  // The server is back.
  retryNow() {
    this.#stream.forgetFailures();
    retryNow();
  }

  /** @param {number} now  ms */
  measure(now) {
    if (now - this.#asked > ASK_AGAIN) this.#ask();     // the last request may have been lost
    return this.#canvas.measure(now);
  }

  #leaderChanged() {
    for (const what of [this.#limit, this.#links.live]) this.#tabs.leading ? what.up() : what.down();
    this.#fanout.clear();
    if (this.#tabs.leading || !this.#up) return;
    this.#report({ phase: 'connecting' });
    if (this.#tabs.leader === null) return;
    this.#tabs.send(this.#tabs.leader, { kind: 'hello' });
    this.#ask();
  }

  // ---- as the leader

  /** @param {PictureLink} link */
  #share(link) {
    Object.assign(this.#state, link);
    if (!this.#tabs.leading) return;
    this.#report(link);
    this.#tabs.broadcast({ kind: 'link', link });
  }

  /** @param {Picture} picture */
  #offer(picture) {
    this.#canvas.offer(picture);
    this.#fanout.offer(picture);
  }

  // ---- as a follower

  #ask() {
    if (this.#tabs.leader === null) return;
    this.#asked = Date.now();
    this.#tabs.send(this.#tabs.leader, { kind: 'want' });
  }

  /** @param {Received} message */
  #receive({ kind, from, link, picture }) {
    if (kind === 'bye') this.#fanout.forget(from);
    if (kind === 'hello' && this.#tabs.leading) this.#tabs.send(from, { kind: 'link', link: this.#state });
    if (kind === 'want' && this.#tabs.leading) this.#fanout.want(from);
    if (from !== this.#tabs.leader) return;
    if (kind === 'link') this.#report(link);
    if (kind === 'picture') this.#canvas.offer(picture);
  }
}
