// SPDX-License-Identifier: ISC
// controls: the camera's own V4L2 controls, built from what its driver says of them.

import { byId, el, list, put } from './dom.js';
import { get } from './api.js';

const FIXED = ['inactive', 'disabled', 'grabbed', 'read-only'];

export function controlsForm(tuner, base, dispatch) {
  const panel = byId('controls');
  const load = () => get(new URL('controls', base)).then(
    ({ controls }) => dispatch({ type: 'controls', controls: controls ?? [] }),
    () => dispatch({ type: 'controls', controls: [] }));     // a camera without any, or an older worker
  panel.ontoggle = () => panel.open && load();
  byId('controls-fields').onsubmit = (submit) => submit.preventDefault();

  const updates = new Map();
  const make = (control) => {
    const { node, update } = row(control, tuner);
    updates.set(control.name, update);
    return node;
  };
  const update = ({ controls, wanted }) => {
    panel.hidden = controls.length === 0;
    list(byId('controls-fields'), controls.filter(({ type }) => type in rows), 'name', make);
    for (const control of controls)
      updates.get(control.name)?.(wanted.controls[control.name] ?? control.value, control.flags ?? []);
  };
  return { load, update };
}

const row = (control, tuner) => rows[control.type](control, (value) => tuner.want({ [control.name]: value }));

const rows = {
  integer(control, want) {
    const { min, max, step } = control;
    const input = el('input', { type: 'range', id: id(control), min, max, step: step || 1 });
    const output = el('span', { className: 'field-number' });
    input.oninput = () => want(input.valueAsNumber);
    return field(control, [label(control), el('span', { className: 'field-value' }, input, output)], input, (value) => {
      if (input.valueAsNumber !== value) input.value = value;
      put(output, String(value));
    });
  },

  boolean(control, want) {
    const input = el('input', { type: 'checkbox', id: id(control) });
    input.onchange = () => want(input.checked ? 1 : 0);
    return field(control, [input, label(control)], input, (value) => { input.checked = Boolean(value); }, 'field-switch');
  },

  menu(control, want) {
    const options = (control.menu ?? []).map(({ value, label: text }) => el('option', { value, textContent: text }));
    const input = el('select', { id: id(control) }, ...options);
    input.onchange = () => want(Number(input.value));
    return field(control, [label(control), input], input, (value) => { input.value = value; });
  },

  button(control, want) {
    const input = el('button', { type: 'button', id: id(control), textContent: control.label });
    input.onclick = () => want(1);
    return field(control, [input], input, () => {});
  },
};

const id = ({ name }) => `control-${name}`;
const label = (control) => el('label', { htmlFor: id(control), textContent: control.label });

function field(control, children, input, write, kind = '') {
  const node = el('div', { className: `field ${kind}` }, ...children);
  return { node, update: (value, flags) => {
    input.disabled = flags.some((flag) => FIXED.includes(flag));
    write(value);
  } };
}
