// SPDX-License-Identifier: ISC
// clips: a dialog that plays a clip.

import { byId, setText } from './dom.js';
import { bytes, clipText, clock } from './text.js';

/**
 * @param {URL} base
 * @returns {import('./recent-events.js').OpenClip}
 */
export function clipPlayer(base) {
  const dialog = byId('player');
  const video = byId('player-video');
  /** @type {HTMLElement | null} */
  let opener = null;

  video.onerror = () => {
    if (video.hasAttribute('src')) setText(byId('player-failed'), 'This browser cannot play it, or it is gone. Try to download it.');
  };
  dialog.onclose = () => {
    for (const name of ['src', 'poster']) video.removeAttribute(name);
    video.load();                       // stops the download
    (opener?.isConnected ? opener : byId('events')).focus();        // in some browsers a clicked link gets no focus
  };

  return (click, clip) => {
    if (click.ctrlKey || click.metaKey || click.shiftKey) return;   // the person wants a new tab
    click.preventDefault();
    opener = /** @type {HTMLElement} */ (click.currentTarget);
    const href = new URL(clip.url, base).href;
    setText(byId('player-failed'), '');
    setText(byId('player-words'), `${clipText(clip)} · ${clock(clip.ts)} · ${bytes(clip.bytes)}`);
    Object.assign(byId('player-download'), { href, download: clip.name });
    Object.assign(video, { poster: new URL(clip.poster, base).href, src: href });
    dialog.showModal();
    video.play().catch(() => {});       // onerror says why, or the person starts it
  };
}
