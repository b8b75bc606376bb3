// SPDX-License-Identifier: ISC
// picture-stream: the camera's pictures, by the stream or as stills (single pictures).
//
// If the stream does not work (too many viewers, a proxy that holds it back), the page loads stills, one
// quickly after the other, and tries the stream again: soon at first, then later and later. A page that
// may not hold a lasting connection (connection-limit.js) has stills too.

import { refusal, urlOf } from './api.js';
import { Parts } from './multipart.js';
import { sleep } from './retry.js';

/** @import { ConnectionLimit } from './connection-limit.js' */
/** @import { Attempt, LinkState } from './retry.js' */

/**
 * A JPEG's bytes, when it was taken (ms), and for a placard the reason why there is no picture.
 * @typedef {{body: Uint8Array<ArrayBuffer>, taken: number, placard: string}} Picture
 */
/** @typedef {(picture: Picture) => void} Show  may not wait */
/** @typedef {'live' | 'standby' | 'limited' | 'still'} Way  how pictures come */
/** @typedef {Partial<LinkState> & {mode?: Way}} PictureLink */

const STANDBY_EVERY = 250;      // ms
const STANDBY_FIRST = 5000;     // then twice as long each time
const STANDBY_MOST = 300_000;
const LIMITED_EVERY = 500;
const STILL_WAIT = 5000;        // the longest that the server may wait with a snapshot
const PATIENCE = 20_000;        // for the next picture, by stream or still

export class PictureStream {
  #base;
  #show;
  #report;
  #limit;
  #failures = 0;                // streams in a row that brought no picture
  #standby = STANDBY_FIRST;

  /**
   * @param {URL} base
   * @param {Show} show
   * @param {(link: PictureLink) => void} report
   * @param {ConnectionLimit} limit
   */
  constructor(base, show, report, limit) {
    this.#base = base;
    this.#show = show;
    this.#report = report;
    this.#limit = limit;
  }

  // Earlier failures of the stream do not count any more.
  forgetFailures() {
    this.#failures = 0;
  }

  /** @type {Attempt} */
  attempt = (opened, signal) => {
    const best = this.#failures >= 2 ? 'standby' : 'live';
    const mode = this.#limit.allowed ? best : 'limited';
    this.#report({ mode });
    return watched(opened, signal, this.#show, this.#ways[mode]);
  };

  /** @type {Record<'live' | 'standby' | 'limited', (show: Show, signal: AbortSignal) => Promise<void>>} */
  #ways = {
    live: (show, signal) => {
      this.#failures += 1;
      return readStream(this.#base, (picture) => {
        this.#failures = 0;
        this.#standby = STANDBY_FIRST;
        show(picture);
      }, signal);
    },

    standby: (show, signal) => {
      const until = Date.now() + this.#standby;
      this.#standby = Math.min(STANDBY_MOST, 2 * this.#standby);
      this.#failures = 1;
      return readStills(this.#base, STANDBY_EVERY, show, signal, { until });
    },

    limited: (show, signal) => readStills(this.#base, LIMITED_EVERY, show, signal, { wait: 0 }),
  };
}

/**
 * A picture every `every` ms.
 * @param {URL} base
 * @param {number} every
 * @param {Show} show
 * @returns {Attempt}
 */
export const stills = (base, every, show) => (opened, signal) =>
  watched(opened, signal, show, (shown, life) => readStills(base, every, shown, life));

/**
 * Calls opened() at the first picture. Ends when none comes for too long.
 * @param {() => void} opened
 * @param {AbortSignal} signal
 * @param {Show} show
 * @param {(show: Show, signal: AbortSignal) => Promise<void>} read
 */
async function watched(opened, signal, show, read) {
  const life = new AbortController();
  const end = () => life.abort();
  signal.addEventListener('abort', end, { signal: life.signal });
  let watch = 0;
  let first = true;
  const expect = () => {
    clearTimeout(watch);
    watch = setTimeout(() => life.abort(new Error('no picture came')), PATIENCE);
  };
  try {
    expect();
    await read((picture) => {
      expect();
      show(picture);
      if (first) opened();
      first = false;
    }, life.signal);
  } finally {
    clearTimeout(watch);
    end();
  }
}

/**
 * @param {URL} base
 * @param {Show} show
 * @param {AbortSignal} signal
 */
async function readStream(base, show, signal) {
  // WebKit (all browsers on an iPhone) cancels a fetch if the answer is multipart.
  const headers = { Accept: 'application/octet-stream' };
  const response = await fetch(new URL('stream.jpg', base), { signal, headers, cache: 'no-store' });
  if (!response.ok) throw await refusal(response);
  if (!response.body) throw new Error('The stream ended');
  const reader = response.body.getReader();
  const parts = new Parts();
  try {
    while (!parts.over) {
      const { done, value } = await reader.read();
      if (done) throw new Error('The stream ended');
      for (const part of parts.push(value)) show(picture(part.body, part.headers));
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/**
 * At each request the server waits for a picture newer than the last one, `wait` ms at most.
 * @param {URL} base
 * @param {number} every  ms between two
 * @param {Show} show
 * @param {AbortSignal} signal
 * @param {{wait?: number, until?: number}} [limits]
 */
async function readStills(base, every, show, signal, { wait = STILL_WAIT, until = Infinity } = {}) {
  for (let after = ''; !signal.aborted && Date.now() < until;) {
    const response = await fetch(urlOf('snapshot.jpg', base, after ? { after, wait } : {}), { signal, cache: 'no-store' });
    if (!response.ok) throw await refusal(response);
    const body = new Uint8Array(await response.arrayBuffer());
    if (response.status === 204 && wait > 0) continue;
    if (response.status !== 204) {
      after = (response.headers.get('ETag') ?? '').replaceAll('"', '');
      show(picture(body, response.headers));
    }
    await sleep(every, signal);
  }
}

/**
 * @param {Uint8Array<ArrayBuffer>} body
 * @param {Headers} headers
 * @returns {Picture}
 */
function picture(body, headers) {
  return { body, taken: Number(headers.get('X-Timestamp')) * 1000, placard: headers.get('X-Placard') ?? '' };
}
