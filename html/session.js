// SPDX-License-Identifier: ISC
// session: who is logged in, and the way to the log-in page if nobody is.

import { attribute, byId, setText } from './dom.js';
import { get, cameraBase } from './api.js';

/** @import { Dispatch, View } from './state.js' */

/**
 * @param {Dispatch} dispatch
 * @returns {View}
 */
export function sessionView(dispatch) {
  get(new URL('session', cameraBase(location))).then((session) => dispatch({ type: 'session', session }), () => {});

  return ({ session: { login, role, user, kind } }) => {
    byId('who').hidden = !login || kind !== 'session';
    setText(byId('who-words'), user);
    attribute(document.body, 'data-role', role);
    for (const fields of document.querySelectorAll('fieldset')) fields.disabled = role === 'viewer';
  };
}
