// SPDX-License-Identifier: ISC
// recent-events: the list of recent events, and the box that shows where the picture changed.

import { byId, el, list, setText } from './dom.js';
import { recent } from './state.js';
import { clipText, clock, motionDetail, percent } from './text.js';

/** @import { Clip, Row, View } from './state.js' */

/** @typedef {(click: MouseEvent, name: string) => void} OpenSnap  shows a saved picture */
/** @typedef {(click: MouseEvent, clip: Clip) => void} OpenClip  plays it */

const BOX_SHOWN = 1000;     // ms

/**
 * @param {URL} base
 * @param {OpenSnap} openSnap
 * @param {OpenClip} openClip
 * @returns {View}
 */
export function recentView(base, openSnap, openClip) {
  const hrefOf = (/** @type {string} */ url) => new URL(url, base).href;
  /** @type {Record<string, (row: Row) => HTMLElement>} */
  const makers = { motion: (row) => motionItem(row, base, openSnap), camera: cameraItem, clip: (row) => clipItem(row, hrefOf, openClip) };
  const make = (/** @type {Row} */ row) => makers[row.type](row);
  const link = (/** @type {Clip} */ clip) => el('li', {}, clipLink(clip, hrefOf, openClip));
  return (state) => {
    const shown = recent(state);
    const rows = byId('events');
    list(rows, shown, 'key', make);
    shown.forEach((row, at) => {
      if (row.type === 'motion') setText(rows.children[at].querySelector('.event-detail'), motionDetail(row, state));
      if (row.type !== 'camera') list(rows.children[at].querySelector('.event-clips'), row.clips, 'name', link);
    });
    byId('no-events').hidden = shown.length > 0;
  };
}

/**
 * @param {Row} row
 * @param {URL} base
 * @param {OpenSnap} openSnap
 */
function motionItem({ ts, data }, base, openSnap) {
  const item = el('li', { className: 'event' },
    el('time', { dateTime: iso(ts), textContent: clock(ts) }),
    el('span', { className: 'event-change', textContent: percent(data.change) }),
    el('span', { className: 'event-detail' }),
    el('ul', { className: 'event-clips' }));
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
  img.onerror = () => link.classList.add('gone');   // deleted meanwhile
  link.onclick = (click) => openSnap(click, name);
  return link;
}

/**
 * A clip that belongs to no motion.
 * @param {Row} row
 * @param {(url: string) => string} hrefOf
 * @param {OpenClip} openClip
 */
function clipItem({ ts, data }, hrefOf, openClip) {
  const img = el('img', { loading: 'lazy', decoding: 'async', alt: '', width: 80, height: 45, src: hrefOf(data.poster) });
  const thumb = clipLink(data, hrefOf, openClip);
  thumb.className = 'event-thumb';
  thumb.replaceChildren(img);
  img.onerror = () => thumb.classList.add('gone');
  return el('li', { className: 'event' }, thumb,
    el('time', { dateTime: iso(ts), textContent: clock(ts) }),
    el('span', { className: 'event-detail', textContent: data.cause === 'motion' ? 'Motion' : 'Recorded by hand' }),
    el('ul', { className: 'event-clips' }));
}

/**
 * Browsers play MP4; another movie can only be downloaded.
 * @param {Clip} clip
 * @param {(url: string) => string} hrefOf
 * @param {OpenClip} openClip
 */
function clipLink(clip, hrefOf, openClip) {
  const words = clipText(clip);
  const link = el('a', { href: hrefOf(clip.url), className: 'event-clip', textContent: words, 'aria-label': `${words}, of ${clock(clip.ts)}` });
  if (clip.name.endsWith('.mp4')) link.onclick = (click) => openClip(click, clip);
  else link.download = clip.name;
  return link;
}

/** @param {Row} row */
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
