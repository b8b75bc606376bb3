// SPDX-License-Identifier: ISC
// recent-events: the list of recent events, and the box that shows where the picture changed.

import { byId, el, list, setText } from './dom.js';
import { clock, motionDetail, percent } from './text.js';

/** @import { PastEvent, View } from './state.js' */

/** @typedef {(click: MouseEvent, name: string) => void} OpenSnap  shows a saved picture */

const BOX_SHOWN = 1000;     // ms

/**
 * @param {URL} base
 * @param {OpenSnap} openSnap
 * @returns {View}
 */
export function recentView(base, openSnap) {
  const make = (/** @type {PastEvent} */ event) => (event.type === 'motion' ? motionItem(event, base, openSnap) : cameraItem(event));
  return (state) => {
    const { events } = state;
    const rows = byId('events');
    list(rows, events, 'key', make);
    events.forEach((event, at) => {
      if (event.type === 'motion') setText(rows.children[at].querySelector('.event-detail'), motionDetail(event, state));
    });
    byId('no-events').hidden = events.length > 0;
  };
}

/**
 * @param {PastEvent} event
 * @param {URL} base
 * @param {OpenSnap} openSnap
 */
function motionItem({ ts, data }, base, openSnap) {
  const item = el('li', { className: 'event' },
    el('time', { dateTime: iso(ts), textContent: clock(ts) }),
    el('span', { className: 'event-change', textContent: percent(data.change) }),
    el('span', { className: 'event-detail' }));
  if (data.saved) item.prepend(thumbLink(data.saved, ts, base, openSnap));
  return item;
}

/**
 * @param {string} name
 * @param {number} ts
 * @param {URL} base
 * @param {OpenSnap} openSnap
 */
function thumbLink(name, ts, base, openSnap) {
  const href = new URL(`snaps/${encodeURIComponent(name)}`, base).href;
  const img = el('img', { loading: 'lazy', decoding: 'async', alt: '', width: 80, height: 45, src: href });
  const link = el('a', { className: 'event-thumb', href, 'aria-label': `Picture of ${clock(ts)}` }, img);
  img.onerror = () => link.classList.add('gone');   // pruned or deleted since
  link.onclick = (click) => openSnap(click, name);
  return link;
}

/** @param {PastEvent} event */
function cameraItem({ ts, data }) {
  return el('li', { className: 'event event-camera' },
    el('time', { dateTime: iso(ts), textContent: clock(ts) }),
    el('span', { textContent: data.online ? 'Camera online' : `Camera offline: ${data.reason}` }));
}

const iso = (/** @type {number} */ ts) => new Date(ts * 1000).toISOString();

/**
 * Shows the box of a motion event for a moment; `area` is in fractions of the picture.
 * @returns {(area?: number[]) => void}
 */
export function boxView() {
  const box = byId('box');
  let timer = 0;
  return (area) => {
    if (!Array.isArray(area)) return;
    const [left, top, width, height] = area.map((part) => `${part * 100}%`);
    Object.assign(box.style, { left, top, width, height });
    box.hidden = false;
    clearTimeout(timer);
    timer = setTimeout(() => { box.hidden = true; }, BOX_SHOWN);
  };
}
