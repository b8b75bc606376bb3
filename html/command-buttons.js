// SPDX-License-Identifier: ISC
// command-buttons: the buttons that tell the camera to do something, and what it answered.

import { attribute, byId } from './dom.js';
import { NOT_CONNECTED } from './origin.js';
import { bytes, messageOf } from './text.js';

export function commandButtons(commands, base, dispatch) {
  let why = '';             // there are no commands now
  const say = (notice) => dispatch({ type: 'notice', notice });

  const run = async (button, command, done, failed) => {
    if (button.getAttribute('aria-disabled') === 'true')
      return say({ kind: 'failed', text: `${failed}: ${why || NOT_CONNECTED}. The page is trying to reconnect.` });
    attribute(button, 'aria-busy', 'true');
    try {
      say(done(await commands.send(command)));
    } catch (refusal) {
      say({ kind: 'failed', text: `${failed}: ${messageOf(refusal)}` });
    }
    button.removeAttribute('aria-busy');
  };

  const saved = ({ name, size, url, saved: path }) => ({
    kind: 'done',
    text: `Saved ${name ?? path}${size ? `, ${bytes(size)}` : ''}.`,
    href: url ? new URL(url, base).href : null,
  });

  byId('snap-btn').onclick = (click) => run(click.currentTarget, { cmd: 'snapshot_now' }, saved, 'Not saved');
  byId('reset-btn').onclick = (click) =>
    run(click.currentTarget, { cmd: 'reset' }, () => ({ kind: 'done', text: 'Counter reset.' }), 'Not reset');

  // aria-disabled keeps the focus where it is when the connection comes and goes.
  return ({ commands: { phase, reason } }) => {
    why = reason;
    for (const id of ['snap-btn', 'reset-btn'])
      attribute(byId(id), 'aria-disabled', String(phase !== 'open'));
  };
}
