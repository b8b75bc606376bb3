// SPDX-License-Identifier: ISC
// picture: what the camera sees, as the person wants it.
//
// 'live' follows the stream (picture-stream.js), which one tab gets for all that show this camera. 'still' is one
// picture every ten seconds, for people who asked for less motion, or just now: no connection lasts,
// so each tab gets its own.

import { sitePath } from './api.js';
import { Fanout } from './fanout.js';
import { PictureStream, still } from './picture-stream.js';
import { hurry, Link } from './retry.js';
import { PictureCanvas } from './picture-canvas.js';
import { ConnectionLimit } from './connection-limit.js';
import { Tabs } from './tabs.js';

const STILL_EVERY = 10_000;     // ms
const ASK_AGAIN = 1000;

export class Picture {
  #report;
  #canvas;
  #stream;
  #links;                       // by mode
  #tabs;
  #limit;
  #fanout;
  #standing = {};               // how it stands with the stream, as the leader says
  #mode = 'live';
  #up = false;
  #asked = 0;                   // when the leader was last asked for a picture

  constructor(frame, base, report) {
    this.#report = report;
    this.#canvas = new PictureCanvas(frame, () => this.#ask());
    this.#tabs = new Tabs(`pictures ${base.pathname}`, { turn: () => this.#turn(), hear: (message) => this.#hear(message) });
    this.#fanout = new Fanout((id, message) => this.#tabs.tell(id, message));
    this.#limit = new ConnectionLimit('picture', sitePath, () => this.#links.live.again());
    this.#stream = new PictureStream(base, (picture) => this.#spread(picture), (link) => this.#say(link), this.#limit);
    this.#links = {
      live: new Link(this.#stream.attempt, (link) => this.#say(link)),
      still: new Link(still(base, STILL_EVERY, (picture) => this.#canvas.offer(picture)), report),
    };
  }

  get mode() {
    return this.#mode;
  }

  set mode(mode) {
    const up = this.#up;
    this.down();
    this.#mode = mode;
    this.#stream.encourage();
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

  // The server is there again.
  encourage() {
    this.#stream.encourage();
    hurry();
  }

  measure(now) {
    if (now - this.#asked > ASK_AGAIN) this.#ask();     // the last time it may have been lost
    return this.#canvas.measure(now);
  }

  #turn() {
    for (const what of [this.#limit, this.#links.live]) this.#tabs.leading ? what.up() : what.down();
    this.#fanout.clear();
    if (this.#tabs.leading || !this.#up) return;
    this.#report({ phase: 'connecting' });
    if (this.#tabs.leader === null) return;
    this.#tabs.tell(this.#tabs.leader, { kind: 'hello' });
    this.#ask();
  }

  // ---- as the leader

  #say(link) {
    Object.assign(this.#standing, link);
    if (!this.#tabs.leading) return;
    this.#report(link);
    this.#tabs.say({ kind: 'standing', link });
  }

  #spread(picture) {
    this.#canvas.offer(picture);
    this.#fanout.offer(picture);
  }

  // ---- as one who follows

  #ask() {
    if (this.#tabs.leader === null) return;
    this.#asked = Date.now();
    this.#tabs.tell(this.#tabs.leader, { kind: 'want' });
  }

  #hear({ kind, from, link, picture }) {
    if (kind === 'bye') this.#fanout.forget(from);
    if (kind === 'hello' && this.#tabs.leading) this.#tabs.tell(from, { kind: 'standing', link: this.#standing });
    if (kind === 'want' && this.#tabs.leading) this.#fanout.want(from);
    if (from !== this.#tabs.leader) return;
    if (kind === 'standing') this.#report(link);
    if (kind === 'picture') this.#canvas.offer(picture);
  }
}
