// SPDX-License-Identifier: ISC
// events: the camera's events, by Server-Sent Events.
//
// EventSource reconnects by itself, and then asks for the events that it missed (Last-Event-ID). After an
// HTTP error it gives up, and it does not notice a connection that died silently. In both cases the Link
// opens another one, which asks for the events after since(), the last number known here. Without a
// number it cannot ask for missed events: onOpen(true).

import { get, urlOf } from './api.js';
import { sleep } from './retry.js';
import { sentence } from './text.js';

/** @import { Attempt, LinkState } from './retry.js' */

/**
 * `id`: null if it has none; `now`: when it came (ms).
 * @typedef {{type: string, id: number | null, data: Record<string, any>, now: number}} CameraEvent
 */

/**
 * since(): the number of the last event; '': none is known.
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
        // The browser gives an event without a number the last one. So one that was not stored says so.
        onEvent({ type, id: data.stored === false ? null : Number(event.lastEventId), data, now: heard });
      });
    signal.addEventListener('abort', () => {
      close();
      resolve();
    });
  });
}

/**
 * The same in short connections, for a camera that may not hold a lasting one. Each asks for the events
 * since the one before, so a number must be known before the first.
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
 * The number of the newest event; '': there is none.
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
 * EventSource does not say why it was refused. /status is refused for the same reason, and says it.
 * @param {URL} base
 */
function whyNot(base) {
  return get(new URL('status', base)).then(() => new Error('Connection lost'), (why) => new Error(sentence(why.message)));
}
