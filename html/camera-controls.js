// SPDX-License-Identifier: ISC
// camera-controls: a form of the camera's own V4L2 controls, built from the driver's description.

import { byId, el, list, setText } from './dom.js';
import { get } from './api.js';

/** @import { ChangeQueue } from './change-queue.js' */
/** @import { Model } from './model.js' */
/** @import { CameraControl, View } from './state.js' */

/** @typedef {{node: HTMLElement, write: (value: any, fixed: boolean) => void}} Row */
/** @typedef {(value: unknown) => void} Want */

/**
 * @param {ChangeQueue} changes
 * @param {URL} base
 * @param {Model} model
 */
export function cameraControlsForm(changes, base, model) {
  const panel = byId('controls');
  const fields = byId('controls-fields');
  const none = () => ({ controls: [] });                              // the camera is gone: an event will say so
  const load = () => model.load(get(new URL('controls', base)).catch(none), (data) => ({ type: 'controls', data }));
  fields.form.onsubmit = (/** @type {SubmitEvent} */ submit) => submit.preventDefault();

  /** @type {WeakMap<HTMLElement, Row['write']>} */
  const writers = new WeakMap();
  const make = (/** @type {CameraControl} */ control) => {
    const { node, write } = rows[control.type](control, (value) => changes.want({ [control.name]: value }));
    writers.set(node, write);
    return node;
  };
  /** @type {View} */
  const update = ({ controls, wanted }) => {
    const shown = controls.filter(({ type }) => type in rows).map((control) => ({ ...control, shape: shape(control) }));
    panel.hidden = shown.length === 0;
    list(fields, shown, 'shape', make);
    shown.forEach((control, at) =>
      writers.get(fields.children[at])?.(wanted.controls[control.name] ?? control.value, control.inactive || control.read_only));
  };
  return { load, update };
}

/**
 * All that a row is built from. A camera that came back may have other ranges.
 * @param {CameraControl} control
 */
const shape = ({ name, label: text, type, min, max, step, menu }) => JSON.stringify([name, text, type, min, max, step, menu]);

/** @type {Record<string, (control: CameraControl, want: Want) => Row>} */
const rows = {
  integer(control, want) {
    const { min, max, step } = control;
    const input = el('input', { type: 'range', id: id(control), min, max, step: step || 1 });
    const output = el('span', { className: 'field-number' });
    input.oninput = () => want(input.valueAsNumber);
    return field([label(control), el('span', { className: 'field-value' }, input, output)], input, (value) => {
      if (input.valueAsNumber !== value) input.value = String(value);
      setText(output, String(value));
    });
  },

  boolean(control, want) {
    const input = el('input', { type: 'checkbox', id: id(control) });
    input.onchange = () => want(input.checked);
    return field([input, label(control)], input, (value) => { input.checked = value; }, 'field-switch');
  },

  menu(control, want) {
    const options = (control.menu ?? []).map(({ value, label: text }) => el('option', { value, textContent: text }));
    const input = el('select', { id: id(control) }, ...options);
    input.onchange = () => want(Number(input.value));
    return field([label(control), input], input, (value) => { input.value = value; });
  },

  button(control, want) {
    const input = el('button', { type: 'button', id: id(control), textContent: control.label });
    input.onclick = () => want(true);
    return field([input], input, () => {});
  },
};

const id = (/** @type {CameraControl} */ { name }) => `control-${name}`;
const label = (/** @type {CameraControl} */ control) => el('label', { htmlFor: id(control), textContent: control.label });

/**
 * `fixed`: it cannot be set, either now (inactive) or ever (read-only).
 * @param {(Node | string)[]} children
 * @param {HTMLInputElement | HTMLSelectElement | HTMLButtonElement} input
 * @param {(value: any) => void} show
 * @param {string} [kind]
 * @returns {Row}
 */
function field(children, input, show, kind = '') {
  const node = el('div', { className: `field ${kind}` }, ...children);
  return { node, write: (value, fixed) => {
    input.disabled = fixed;
    show(value);
  } };
}
