// SPDX-License-Identifier: ISC
// status: the state of the connection and the picture, and the last command's reply, in words.

import { attribute, byId, setText } from './dom.js';
import { cameraWords, motionText, noCommandsText, overlayText, pictureFacts, statusText } from './text.js';

/** @import { Notice, State, View } from './state.js' */

/** @returns {View} */
export function statusView() {
  return (state) => {
    const { kind, words, detail } = statusText(state);
    attribute(byId('link'), 'data-kind', kind);
    setText(byId('link-words'), words);
    setText(byId('link-detail'), detail);
    setText(byId('link-spoken'), words);
    const who = cameraWords(state.camera);
    setText(byId('camera-name'), who);
    document.title = who ? `${who} – Oriel` : 'Oriel';
    pictureStatus(state);
    setText(byId('reading'), motionText(state.pulses.at(-1)));
    setText(byId('trigger-count'), String(state.config.trigger_count ?? '–'));
    setText(byId('no-commands'), noCommandsText(state));
    noticeStatus(state.notice);
  };
}

/** @param {State} state */
function pictureStatus(state) {
  const over = overlayText(state);
  attribute(byId('view'), 'data-live', String(over === ''));
  setText(byId('overlay'), over);
  byId('overlay').hidden = over === '';
  setText(byId('facts'), pictureFacts(state));
  setText(byId('mode-btn'), state.picture.mode === 'still' ? 'Play live' : 'Show stills');
}

/**
 * The reply to the last command stays until the next one.
 * @param {Notice | null} notice
 */
function noticeStatus(notice) {
  const region = byId('notice');
  attribute(region, 'data-kind', notice?.kind ?? '');
  setText(byId('notice-words'), notice?.text ?? '');
  const link = byId('notice-link');
  link.hidden = !notice?.href;
  if (notice?.href) link.href = notice.href;
}
