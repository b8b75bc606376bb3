// SPDX-License-Identifier: ISC
// saved-pictures: the pictures on the camera's disk: thumbnails, a viewer, download and delete.

import { get, Refusal, remove, urlOf } from './api.js';
import { byId, confirmed, el, list, setText } from './dom.js';
import { SNAPS_PAGE } from './state.js';
import { bytes, clock, messageOf, plural } from './text.js';

/** @import { Model } from './model.js' */
/** @import { Notice, Snap, View } from './state.js' */

const RELOAD_MAX = 120;

/**
 * @param {URL} base
 * @param {Model} model
 */
export function savedView(base, model) {
  const { dispatch } = model;
  const hrefOf = (/** @type {{name: string}} */ { name }) => new URL(`snaps/${encodeURIComponent(name)}`, base).href;
  /**
   * @param {Notice['kind']} kind
   * @param {string} text
   */
  const say = (kind, text) => dispatch({ type: 'notice', notice: { kind, text } });
  const page = (/** @type {{limit: number, before?: number}} */ query) => model.load(get(urlOf('snaps/', base, query)), (list) => ({ type: 'snaps', list, ...query }));

  // Loads as many as are shown.
  const load = () => page({ limit: Math.min(model.state.snaps.room, RELOAD_MAX) });

  // A picture that came as an event has no id to page by. Then the newest page is loaded first.
  const loadOlder = async () => {
    if (model.state.snaps.end === null) await load();
    const { end } = model.state.snaps;
    if (end === null) return;
    dispatch({ type: 'older' });
    await page({ limit: SNAPS_PAGE, before: end });
  };

  const discard = async (/** @type {{name: string}} */ snap) => {
    if (!await confirmed(`Delete ${snap.name}? It cannot be brought back.`, 'Delete')) return false;
    try {
      await remove(hrefOf(snap));
    } catch (why) {
      if (!(why instanceof Refusal && why.status === 404)) {
        say('failed', `Not deleted: ${messageOf(why)}`);
        return false;
      }
    }
    dispatch({ type: 'deleted', data: { name: snap.name } });
    say('done', `Deleted ${snap.name}.`);
    return true;
  };

  const viewer = viewerDialog(hrefOf, discard);
  const make = (/** @type {Snap} */ snap) => card(snap, hrefOf(snap), (click) => viewer.open(click, snap), () => discard(snap));
  byId('older-btn').onclick = () => loadOlder().catch((why) => say('failed', `No older pictures: ${why.message}`));

  /** @type {View} */
  const update = ({ snaps, totals }) => {
    list(byId('saved'), snaps.list, 'name', make);
    setText(byId('saved-words'), totals.count > 0 ? `${plural(totals.count, 'picture', 'pictures')}, ${bytes(totals.bytes)}` : 'None yet.');
    byId('older-btn').hidden = !snaps.more;
    viewer.update(snaps.list);
  };
  return { load, open: viewer.openName, update };
}

/**
 * @param {Snap} snap
 * @param {string} href
 * @param {(click: MouseEvent) => void} open
 * @param {() => void} discard
 */
function card(snap, href, open, discard) {
  const when = clock(snap.ts);
  const img = el('img', { loading: 'lazy', decoding: 'async', src: href, alt: `Saved ${when}`, width: 320, height: 180 });
  const view = el('a', { href, className: 'card-view' }, img);
  view.onclick = open;
  const bin = el('button', { type: 'button', className: 'for-operators', textContent: 'Delete', 'aria-label': `Delete ${snap.name}` });
  bin.onclick = discard;
  return el('li', { className: 'snap' }, view,
    el('span', { className: 'snap-what' },
      el('time', { dateTime: new Date(snap.ts * 1000).toISOString(), textContent: when }),
      el('small', { textContent: `${snap.name.startsWith('motion') ? 'Motion' : 'Saved by hand'}, ${bytes(snap.bytes)}` })),
    el('span', { className: 'snap-do' },
      el('a', { href, download: snap.name, textContent: 'Download', 'aria-label': `Download ${snap.name}` }), bin));
}

/** @typedef {Snap | {name: string, ts?: undefined}} Shown  one that is not in the list has only a name */

/**
 * A dialog with one picture in full size. Buttons and arrow keys go to its neighbours.
 * @param {(snap: {name: string}) => string} hrefOf
 * @param {(snap: {name: string}) => Promise<boolean>} discard
 */
function viewerDialog(hrefOf, discard) {
  const dialog = byId('viewer');
  /** @type {Snap[]} */
  let snaps = [];
  /** @type {Shown | null} */
  let shown = null;

  const show = (/** @type {Shown} */ snap) => {
    shown = snap;
    byId('viewer-img').src = hrefOf(snap);
    byId('viewer-img').alt = `Picture ${snap.name}`;
    setText(byId('viewer-words'), snap.ts ? `${clock(snap.ts)} · ${snap.name} · ${bytes(snap.bytes)}` : snap.name);
    Object.assign(byId('viewer-download'), { href: hrefOf(snap), download: snap.name });
    neighbours();
  };
  const neighbours = () => {
    const at = position();
    byId('viewer-newer').disabled = at <= 0;
    byId('viewer-older').disabled = at < 0 || at >= snaps.length - 1;
  };
  const position = () => snaps.findIndex(({ name }) => name === shown?.name);
  const step = (/** @type {number} */ by) => {
    const at = position();
    if (at >= 0 && snaps[at + by]) show(snaps[at + by]);
  };
  /**
   * @param {MouseEvent} click
   * @param {Shown} snap
   */
  const open = (click, snap) => {
    if (click.ctrlKey || click.metaKey || click.shiftKey) return;   // the person wants a new tab
    click.preventDefault();
    show(snap);
    dialog.showModal();
  };

  byId('viewer-newer').onclick = () => step(-1);
  byId('viewer-older').onclick = () => step(1);
  byId('viewer-delete').onclick = async () => { if (shown && await discard(shown)) dialog.close(); };
  dialog.onkeydown = (/** @type {KeyboardEvent} */ { key }) => {
    if (key === 'ArrowLeft') step(-1);
    if (key === 'ArrowRight') step(1);
  };
  dialog.onclose = () => byId('viewer-img').removeAttribute('src');

  return {
    open,
    /** @type {import('./recent-events.js').OpenSnap} */
    openName: (click, name) => open(click, snaps.find((snap) => snap.name === name) ?? { name }),
    /** @param {Snap[]} list */
    update(list) {
      snaps = list;
      if (dialog.open) neighbours();
    },
  };
}
