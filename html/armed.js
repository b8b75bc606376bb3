// SPDX-License-Identifier: ISC
// armed: the switch that says whether motion counts, and until when.

import { byId, el, list, setText } from './dom.js';
import { setting } from './state.js';
import { armedText } from './text.js';

/** @import { ChangeQueue } from './change-queue.js' */
/** @import { State } from './state.js' */

/** @type {Record<string, string>} */
const WORDS = { yes: 'Armed', no: 'Not armed', schedule: 'By schedule' };

/** @param {ChangeQueue} changes */
export function armedSwitch(changes) {
  const fields = byId('armed');
  /** @param {{word: string}} choice */
  const make = ({ word }) => {
    const input = el('input', { type: 'radio', name: 'armed', value: word, id: `armed-${word}` });
    input.onchange = () => changes.want({ armed: word });
    return el('label', {}, input, el('span', { textContent: WORDS[word] ?? word }));
  };
  /** @param {State} state */
  return (state) => {
    const choices = state.settings.find(({ name }) => name === 'armed')?.choices ?? [];     // none: an older orield
    const now = setting(state, 'armed');
    fields.hidden = choices.length === 0;
    list(byId('armed-choices'), choices.map((word) => ({ word })), 'word', make);
    for (const input of fields.querySelectorAll('input')) if (input.checked !== (input.value === now)) input.checked = input.value === now;
    setText(byId('armed-words'), armedText(now, state.config));
  };
}
