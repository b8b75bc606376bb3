// SPDX-License-Identifier: ISC
// picture: what the camera sees.
//
// On a canvas, which is as cheap as an <img> with the stream in it; object URLs for an <img> took
// nearly twice the processor time. (Without scripts the page has that <img>.)
//
// 'live' follows the stream. 'still' is one picture every ten seconds: for people who asked for less
// motion, or just now. 'standby' is a quick row of stills, where the stream itself does not get
// through (too many viewers, a proxy that holds it back); the stream is tried again, at first soon.

import { refusal } from './api.js';
import { el } from './dom.js';
import { parts } from './multipart.js';
import { hurry, Link, sleep } from './retry.js';

const STILL_EVERY = 10_000;     // ms
const STANDBY_EVERY = 250;
const STANDBY_FIRST = 5000;     // then twice as long each time
const STANDBY_MOST = 300_000;
const STILL_WAIT = 5000;        // the longest the server may hold a snapshot back
const PATIENCE = 20_000;        // for the next picture, however it comes

export class Picture {
  #canvas = el('canvas', { id: 'stream', role: 'img', ariaLabel: 'What the camera sees' });
  #screen = this.#canvas.getContext('bitmaprenderer');
  #base;
  #report;
  #link;
  #mode = 'live';
  #barren = 0;                  // streams in a row that brought no picture
  #standby = STANDBY_FIRST;
  #count = 0;
  #since = 0;
  #last = { taken: 0, shown: 0 };

  constructor(frame, base, report) {
    frame.prepend(this.#canvas);
    this.#base = base;
    this.#report = report;
    this.#link = new Link(this.#attempt, report);
  }

  get mode() {
    return this.#mode;
  }

  set mode(mode) {
    this.#mode = mode;
    this.#barren = 0;
    this.#link.again();
  }

  up() {
    this.#link.up();
  }

  // The server is there again: what the stream did before says nothing any more.
  encourage() {
    this.#barren = 0;
    hurry();
  }

  // The last picture stays.
  down() {
    this.#link.down();
  }

  // Pictures a second since the last call, and when the newest was taken and shown.
  measure(now) {
    const fps = this.#since ? (this.#count * 1000) / (now - this.#since) : 0;
    this.#count = 0;
    this.#since = now;
    return { fps, ...this.#last };
  }

  #attempt = (opened, signal) => {
    const mode = this.#mode === 'live' && this.#barren >= 2 ? 'standby' : this.#mode;
    this.#report({ mode });
    return this.#follow(mode, opened, signal);
  };

  // Shows one picture after the other; what comes while one is being decoded waits on the wire.
  async #follow(mode, opened, signal) {
    const life = new AbortController();
    signal.addEventListener('abort', () => life.abort());
    let watch = 0;
    const expect = () => {
      clearTimeout(watch);
      watch = setTimeout(() => life.abort(new Error('no picture came')), PATIENCE);
    };
    let first = true;
    try {
      expect();
      for await (const frame of this.#frames(mode, life.signal)) {
        expect();
        await this.#show(frame);
        if (first) opened();
        first = false;
      }
    } finally {
      clearTimeout(watch);
      life.abort();
    }
  }

  async *#frames(mode, signal) {
    if (mode === 'still') return yield* stills(this.#base, STILL_EVERY, signal);
    this.#barren += 1;
    if (mode === 'standby') {
      const until = Date.now() + this.#standby;
      this.#standby = Math.min(STANDBY_MOST, 2 * this.#standby);
      this.#barren = 1;
      return yield* stills(this.#base, STANDBY_EVERY, signal, until);
    }
    for await (const frame of streamed(this.#base, signal)) {
      this.#barren = 0;
      this.#standby = STANDBY_FIRST;
      yield frame;
    }
  }

  async #show({ blob, taken }) {
    const bitmap = await createImageBitmap(blob).catch(() => null);
    if (!bitmap) return;                // a broken picture is followed by a whole one
    if (this.#canvas.width !== bitmap.width || this.#canvas.height !== bitmap.height) {
      Object.assign(this.#canvas, { width: bitmap.width, height: bitmap.height });
      this.#canvas.parentElement.style.setProperty('--ratio', bitmap.width / bitmap.height);
    }
    this.#screen.transferFromImageBitmap(bitmap);
    this.#count += 1;
    this.#last = { taken, shown: Date.now() };
  }
}

async function* streamed(base, signal) {
  const headers = { Accept: 'application/octet-stream' };     // WebKit cancels a multipart answer
  const response = await fetch(new URL('stream.jpg', base), { signal, headers, cache: 'no-store' });
  if (!response.ok) throw await refusal(response);
  for await (const { headers, body } of parts(response.body))
    yield picture(new Blob([body], { type: 'image/jpeg' }), headers);
}

// Each request waits at the server for a picture newer than the last one.
async function* stills(base, every, signal, until = Infinity) {
  for (let after = ''; !signal.aborted && Date.now() < until;) {
    const url = new URL('snapshot.jpg', base);
    if (after) url.search = new URLSearchParams({ after, wait: STILL_WAIT });
    const response = await fetch(url, { signal, cache: 'no-store' });
    if (!response.ok) throw await refusal(response);
    if (response.status === 204) continue;
    after = response.headers.get('ETag').replaceAll('"', '');
    yield picture(await response.blob(), response.headers);
    await sleep(every, signal);
  }
}

function picture(blob, headers) {
  return { blob, taken: Number(headers.get('X-Timestamp')) * 1000 };
}
