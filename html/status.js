// SPDX-License-Identifier: ISC
// status: how things stand, in words: the connection, the picture, the last command's reply.

import { attribute, byId, put } from './dom.js';
import { cameraWords, hindrance, pictureFacts, reading, standing, veil } from './text.js';

export function statusView() {
  return (state) => {
    const { kind, words, detail } = standing(state);
    attribute(byId('link'), 'data-kind', kind);
    put(byId('link-words'), words);
    put(byId('link-detail'), detail);
    put(byId('link-spoken'), words);
    const who = cameraWords(state.camera);
    put(byId('camera-name'), who);
    document.title = who ? `${who} – Oriel` : 'Oriel';
    pictureStatus(state);
    put(byId('reading'), reading(state.pulses.at(-1)));
    put(byId('trigger-count'), String(state.config.trigger_count ?? '–'));
    put(byId('hindrance'), hindrance(state));
    noticeStatus(state.notice);
  };
}

function pictureStatus(state) {
  const over = veil(state);
  attribute(byId('view'), 'data-live', String(over === ''));
  put(byId('veil'), over);
  byId('veil').hidden = over === '';
  put(byId('facts'), pictureFacts(state));
  put(byId('mode-btn'), state.picture.mode === 'still' ? 'Play live' : 'Show stills');
}

// The reply to the last command stays until the next one.
function noticeStatus(notice) {
  const region = byId('notice');
  attribute(region, 'data-kind', notice?.kind ?? '');
  put(byId('notice-words'), notice?.text ?? '');
  const link = byId('notice-link');
  link.hidden = !notice?.href;
  if (notice?.href) link.href = notice.href;
}
