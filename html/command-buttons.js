// SPDX-License-Identifier: ISC
// command-buttons: the buttons that tell the camera to do something, and what it answered.

import { attribute, byId } from './dom.js';
import { NOT_CONNECTED } from './origin.js';
import { bytes, messageOf } from './text.js';

/** @import { Command, Reply } from './command-socket.js' */
/** @import { Connection } from './connection.js' */
/** @import { Dispatch, Notice, View } from './state.js' */

/**
 * @param {Connection} connection
 * @param {URL} base
 * @param {Dispatch} dispatch
 * @returns {View}
 */
export function commandButtons(connection, base, dispatch) {
  let why = '';             // there are no commands now
  const say = (/** @type {Notice} */ notice) => dispatch({ type: 'notice', notice });

  /**
   * @param {HTMLElement} button
   * @param {Command} command
   * @param {(reply: Reply) => Notice} done
   * @param {string} failed
   */
  const run = async (button, command, done, failed) => {
    if (button.getAttribute('aria-disabled') === 'true')
      return say({ kind: 'failed', text: `${failed}: ${why || NOT_CONNECTED}. The page is trying to reconnect.` });
    attribute(button, 'aria-busy', 'true');
    try {
      say(done(await connection.send(command)));
    } catch (refusal) {
      say({ kind: 'failed', text: `${failed}: ${messageOf(refusal)}` });
    }
    button.removeAttribute('aria-busy');
  };

  /** @type {(reply: Reply) => Notice} */
  const saved = ({ name, size, url, saved: path }) => ({
    kind: 'done',
    text: `Saved ${name ?? path}${size ? `, ${bytes(size)}` : ''}.`,
    href: url ? new URL(url, base).href : null,
  });

  const save = byId('snap-btn');
  const reset = byId('reset-btn');
  save.onclick = () => run(save, { cmd: 'snapshot_now' }, saved, 'Not saved');
  reset.onclick = () => run(reset, { cmd: 'reset' }, () => ({ kind: 'done', text: 'Counter reset.' }), 'Not reset');

  // aria-disabled keeps the focus where it is when the connection comes and goes.
  return ({ commands: { phase, reason } }) => {
    why = reason ?? '';
    for (const button of [save, reset]) attribute(button, 'aria-disabled', String(phase !== 'open'));
  };
}
