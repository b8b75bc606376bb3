// SPDX-License-Identifier: ISC
// picture-stream: pictures as the camera takes them, by the stream; and single ones, still by still.
//
// A picture is {body, taken, placard}: a JPEG's bytes, when it was taken (ms), and for a placard the
// reason why there is no picture. Where the stream itself does not get through (too many viewers, a
// proxy that holds it back) a quick row of stills stands in; the stream is tried again, at first soon.
// Who may not hold a connection that lasts (connection-limit.js) has stills as well.

import { refusal, urlOf } from './api.js';
import { Parts } from './multipart.js';
import { sleep } from './retry.js';

const STANDBY_EVERY = 250;      // ms
const STANDBY_FIRST = 5000;     // then twice as long each time
const STANDBY_MOST = 300_000;
const LIMITED_EVERY = 500;
const STILL_WAIT = 5000;        // the longest the server may hold a snapshot back
const PATIENCE = 20_000;        // for the next picture, however it comes

// An attempt for a Link. `show(picture)` may not wait; `report({mode})` says how they come; `limit`
// is as in connection-limit.js.
export class PictureStream {
  #base;
  #show;
  #report;
  #limit;
  #barren = 0;                  // streams in a row that brought no picture
  #standby = STANDBY_FIRST;

  constructor(base, show, report, limit) {
    this.#base = base;
    this.#show = show;
    this.#report = report;
    this.#limit = limit;
  }

  // What the stream did before says nothing any more.
  encourage() {
    this.#barren = 0;
  }

  attempt = (opened, signal) => {
    const barren = this.#barren >= 2 ? 'standby' : 'live';
    const mode = this.#limit.allowed ? barren : 'limited';
    this.#report({ mode });
    return watched(opened, signal, this.#show, this.#ways[mode]);
  };

  #streamed = (show, signal) => {
    this.#barren += 1;
    return streamed(this.#base, (picture) => {
      this.#barren = 0;
      this.#standby = STANDBY_FIRST;
      show(picture);
    }, signal);
  };

  #stoodIn = (show, signal) => {
    const until = Date.now() + this.#standby;
    this.#standby = Math.min(STANDBY_MOST, 2 * this.#standby);
    this.#barren = 1;
    return stills(this.#base, STANDBY_EVERY, show, signal, { until });
  };

  #ways = {
    live: this.#streamed,
    standby: this.#stoodIn,
    limited: (show, signal) => stills(this.#base, LIMITED_EVERY, show, signal, { wait: 0 }),
  };
}

// An attempt for a Link: a picture every `every` ms.
export const still = (base, every, show) => (opened, signal) =>
  watched(opened, signal, show, (shown, life) => stills(base, every, shown, life));

// opened() at the first picture; over when none comes for too long.
async function watched(opened, signal, show, pictures) {
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
    await pictures((picture) => {
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

async function streamed(base, show, signal) {
  // WebKit, so every browser on an iPhone, cancels a fetch whose answer is multipart.
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

// Each request waits at the server for a picture newer than the last one, `wait` ms at most.
async function stills(base, every, show, signal, { wait = STILL_WAIT, until = Infinity } = {}) {
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

function picture(body, headers) {
  return { body, taken: Number(headers.get('X-Timestamp')) * 1000, placard: headers.get('X-Placard') ?? '' };
}
