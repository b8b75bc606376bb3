// SPDX-License-Identifier: ISC
// command-buttons: the buttons that send commands to the camera, and its answers.

import { attribute, byId, setText } from './dom.js';
import { NOT_CONNECTED } from './origin.js';
import { bytes, duration, messageOf } from './text.js';

/** @import { Command, Reply } from './command-socket.js' */
/** @import { Connection } from './connection.js' */
/** @import { Dispatch, Notice, Recording, View } from './state.js' */

const RECORD_MAX = 600;     // s, the longest recording

/**
 * @param {Connection} connection
 * @param {URL} base
 * @param {Dispatch} dispatch
 * @returns {View}
 */
export function commandButtons(connection, base, dispatch) {
  let why = '';             // why no commands can be sent now
  /** @type {Recording | null} */
  let recording = null;
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

  /** @type {(reply: Reply) => Notice} */
  const begun = ({ seconds }) => {
    const since = Date.now();
    dispatch({ type: 'recording', recording: { since, until: since + seconds * 1000 } });
    return { kind: 'done', text: `Recording, until you stop it, for ${duration(seconds)} at most.` };
  };

  /** @returns {Notice} */
  const ended = () => {
    dispatch({ type: 'recording', recording: null });
    return { kind: 'done', text: 'Recorded. The clip is among the recent events as soon as it is ready.' };
  };

  const save = byId('snap-btn');
  const reset = byId('reset-btn');
  const record = byId('record-btn');
  save.onclick = () => run(save, { cmd: 'snapshot_now' }, saved, 'Not saved');
  reset.onclick = () => run(reset, { cmd: 'reset' }, () => ({ kind: 'done', text: 'Counter reset.' }), 'Not reset');

  record.onclick = () => {
    if (record.getAttribute('aria-busy') === 'true') return;     // a double click is one
    if (recording) run(record, { cmd: 'record', stop: true }, ended, 'Not stopped');
    else run(record, { cmd: 'record', seconds: RECORD_MAX }, begun, 'Not recorded');
  };

  // aria-disabled keeps the focus where it is when the connection comes and goes.
  return (state) => {
    const { phase, reason } = state.commands;
    why = reason ?? '';
    recording = state.recording;
    setText(byId('record-words'), recording ? 'Stop recording' : 'Record');
    setText(byId('record-time'), recording ? duration(Math.max(0, state.now - recording.since) / 1000) : '');
    for (const button of [save, record, reset]) attribute(button, 'aria-disabled', String(phase !== 'open'));
  };
}
