// SPDX-License-Identifier: ISC
// events: what happens to the camera, by Server-Sent Events.
//
// A lost connection is taken up again by EventSource itself, which then asks for what it missed
// (Last-Event-ID). After an HTTP error it gives up for good, and so does a connection that died
// silently: then the Link opens another, which asks for what came after since(), the last number
// known here. Without one nothing that was missed can be asked for: onOpen(true).

import { get, urlOf } from './api.js';
import { sleep } from './retry.js';
import { sentence } from './text.js';

/** @import { Attempt, LinkState } from './retry.js' */

/**
 * `id`: null where it has none; `now`: when it was heard (ms).
 * @typedef {{type: string, id: number | null, data: Record<string, any>, now: number}} CameraEvent
 */

/**
 * since(): the number of the last event, '' where none is known.
 * @typedef {{since: () => string, onEvent: (event: CameraEvent) => void, onOpen: (anew: boolean) => void,
 *   report: (state: LinkState) => void}} Handlers
 */

// table: event names
const TYPES = ['motion', 'motion_end', 'saved', 'camera', 'clip', 'deleted', 'state', 'pulse', 'controls'];
// end
const SILENCE = 20_000;     // ms: a camera that is online has a pulse every second
const POLL = 1200;          // ms: long enough for a pulse
const PAUSE = 4000;

/**
 * @param {URL} base
 * @param {Handlers} handlers
 * @returns {Attempt}
 */
export function eventStream(base, { since, onEvent, onOpen, report }) {
  return (opened, signal) => new Promise((resolve, reject) => {
    const source = new EventSource(urlOf('events', base, since() ? { last_event_id: since() } : {}));
    let heard = Date.now();
    let online = false;
    const close = () => {
      clearInterval(watch);
      source.close();
    };
    const fail = (/** @type {Error} */ why) => {
      close();
      reject(why);
    };
    const watch = setInterval(() => {
      if (online && source.readyState === EventSource.OPEN && Date.now() - heard > SILENCE)
        fail(new Error('The server went silent'));
    }, 1000);
    source.onopen = () => {
      heard = Date.now();
      opened();
      onOpen(since() === '');
    };
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) whyNot(base).then(fail);
      else report({ phase: 'waiting', until: 0, reason: 'Connection lost' });
    };
    for (const type of TYPES)
      source.addEventListener(type, (event) => {
        heard = Date.now();
        const data = JSON.parse(event.data);
        online = data.online ?? online;
        // The browser gives each event the last number it saw; one that could not be stored says so.
        onEvent({ type, id: data.stored === false ? null : Number(event.lastEventId), data, now: heard });
      });
    signal.addEventListener('abort', () => {
      close();
      resolve();
    });
  });
}

/**
 * The same in short connections, for a camera that may not hold one. What happened between two of them
 * is asked for, so a number must be known before the first.
 * @param {URL} base
 * @param {Handlers} handlers
 * @returns {Attempt}
 */
export function eventPolls(base, handlers) {
  return async (opened, signal) => {
    const unknown = handlers.since() === '';
    const newest = unknown ? await newestEvent(base) : '';
    let first = true;
    const stream = eventStream(base, {
      ...handlers,
      since: () => handlers.since() || newest,
      onOpen: (anew) => {
        if (first || anew) handlers.onOpen(anew || unknown);
        first = false;
      },
    });
    while (!signal.aborted) {
      await poll(stream, opened, signal);
      await sleep(PAUSE, signal);
    }
  };
}

/**
 * Its number; '': there was none.
 * @param {URL} base
 */
async function newestEvent(base) {
  const [event] = await get(new URL('history?limit=1', base));
  return event ? String(event.id) : '';
}

/**
 * @param {Attempt} stream
 * @param {() => void} opened
 * @param {AbortSignal} signal
 */
async function poll(stream, opened, signal) {
  const life = new AbortController();
  const end = () => life.abort();
  let timer = 0;
  signal.addEventListener('abort', end, { signal: life.signal });
  await stream(() => {
    opened();
    timer = setTimeout(end, POLL);
  }, life.signal).finally(() => clearTimeout(timer));
  end();
}

/**
 * EventSource does not say why it was refused; /status has the same reason, in words.
 * @param {URL} base
 */
function whyNot(base) {
  return get(new URL('status', base)).then(() => new Error('Connection lost'), (why) => new Error(sentence(why.message)));
}
