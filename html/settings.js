// SPDX-License-Identifier: ISC
// settings: the threshold slider, and a form of all settings that can be changed while the camera runs.
// The form is built from the camera's description of its settings.

import { get } from './api.js';
import { byId, el, list, setText } from './dom.js';
import { setting } from './state.js';

/** @import { ChangeQueue } from './change-queue.js' */
/** @import { Model } from './model.js' */
/** @import { Setting, View } from './state.js' */

/** @typedef {{node: HTMLElement, update: View}} Row */
/** @typedef {(value: unknown) => void} Want */
/** @typedef {(one: Setting, want: Want) => Row} MakeRow */

// Where a value comes from; shown only if it is not the default.
/** @type {Record<string, string>} */
const SOURCES = { set: 'set here', file: 'from the file', 'command line': 'command line' };

const SLIDER = 'threshold';     // has a slider beside the plot, for whole numbers

/**
 * @param {ChangeQueue} changes
 * @returns {View}
 */
export function thresholdSlider(changes) {
  const slider = byId('threshold');
  /** @type {Setting | undefined} */
  let shown;
  const describe = (/** @type {Setting} */ { label: text, unit, min, max }) => {
    setText(byId('threshold-label'), text);
    setText(byId('threshold-unit'), unit);
    Object.assign(slider, { min: Math.ceil(min), max: Math.floor(max) });
  };
  slider.oninput = () => changes.want({ [SLIDER]: slider.valueAsNumber });
  return (state) => {
    const described = state.settings.find(({ name }) => name === SLIDER);
    if (described && described !== shown) describe(described);
    shown = described;
    const value = setting(state, SLIDER);
    if (value === undefined) return;
    if (slider.valueAsNumber !== Math.round(value)) slider.value = value;
    slider.setAttribute('aria-valuetext', `${value} ${described?.unit ?? ''}`);
    setText(byId('threshold-value'), String(value));
  };
}

/**
 * @param {ChangeQueue} changes
 * @param {URL} base
 * @param {Model} model
 */
export function settingsForm(changes, base, model) {
  const fields = byId('settings-fields');
  const load = () => model.load(get(new URL('config', base)), (data) => ({ type: 'settings', data }));
  fields.form.onsubmit = (/** @type {SubmitEvent} */ submit) => submit.preventDefault();

  /** @type {WeakMap<Element, View>} */
  const updates = new WeakMap();
  const make = (/** @type {Group} */ { name, settings }) => {
    const rows = settings.map((one) => row(one, (value) => changes.want({ [one.name]: value })));
    const title = el('h3', { id: `group-${name}`, textContent: name });
    const node = el('div', { className: 'group', role: 'group', 'aria-labelledby': title.id }, title,
      el('div', { className: 'fields' }, ...rows.map((one) => one.node)));
    updates.set(node, (state) => rows.forEach(({ update }) => update(state)));
    return node;
  };
  /** @type {Setting[] | undefined} */
  let drawn;
  /** @type {View} */
  const update = (state) => {
    if (state.settings !== drawn) list(fields, groups(state.settings), 'shape', make);
    drawn = state.settings;
    for (const node of fields.children) updates.get(node)?.(state);
  };
  return { load, update };
}

/**
 * `shape`: all that a group is built from. A camera that came back may have other settings.
 * @typedef {{name: string, settings: Setting[], shape: string}} Group
 */

/**
 * @param {Setting[]} settings
 * @returns {Group[]}
 */
function groups(settings) {
  /** @type {Map<string, Setting[]>} */
  const found = new Map();
  for (const one of settings.filter(({ live, type }) => live && type in rows))
    found.set(one.group, [...(found.get(one.group) ?? []), one]);
  return [...found].map(([name, some]) => ({ name, settings: some, shape: JSON.stringify(some) }));
}

/**
 * A row of the form.
 * @param {Setting} one
 * @param {Want} want  called when a person has changed it
 */
export const row = (one, want) => rows[one.type](one, want);

/** @type {Record<string, MakeRow>} */
const rows = { boolean: switchRow, integer: numberRow, number: numberRow, choice: choiceRow, text: textRow };

/** @type {MakeRow} */
function switchRow(one, want) {
  const input = el('input', { type: 'checkbox', id: id(one) });
  input.onchange = () => want(input.checked);
  return field(one, [input, label(one)], input, (value) => { input.checked = value; }, 'field-switch');
}

/** @type {MakeRow} */
function numberRow(one, want) {
  const { min, max, step, unit } = one;
  const input = el('input', { type: 'number', id: id(one), min, max, step, required: true, inputMode: step < 1 ? 'decimal' : 'numeric' });
  input.onchange = () => input.reportValidity() && want(input.valueAsNumber);
  return field(one, [label(one), el('span', { className: 'field-value' }, input, ` ${unit}`)], input, (value) => {
    if (document.activeElement !== input || input.checkValidity()) input.value = value;
  });
}

/** @type {MakeRow} */
function choiceRow(one, want) {
  const options = one.choices.map((word) => el('option', { value: word, textContent: word }));
  const input = el('select', { id: id(one) }, ...options);
  input.onchange = () => want(input.value);
  return field(one, [label(one), input], input, (value) => { input.value = value; });
}

/** @type {MakeRow} */
function textRow(one, want) {
  const input = el('input', { type: 'text', id: id(one) });
  input.onchange = () => want(input.value);
  return field(one, [label(one), el('span', { className: 'field-value' }, input)], input, (value) => { input.value = value; });
}

const id = (/** @type {Setting} */ { name }) => `set-${name}`;
const label = (/** @type {Setting} */ one) => el('label', { htmlFor: id(one), textContent: one.name === SLIDER ? `${one.label}, exactly` : one.label });

/**
 * @param {Setting} one
 * @param {(Node | string)[]} children
 * @param {HTMLElement} input
 * @param {(value: any) => void} write
 * @param {string} [kind]
 * @returns {Row}
 */
function field({ name, help }, children, input, write, kind = '') {
  const node = el('div', { className: `field ${kind}` }, ...children,
    el('span', { className: 'field-source', id: `source-${name}` }), el('small', { id: `help-${name}`, textContent: help }));
  input.setAttribute('aria-describedby', `help-${name}`);
  return { node, update: shown(node, name, write) };
}

/**
 * Writes a value only if it differs from the last one written, so what a person is typing stays.
 * @param {HTMLElement} node
 * @param {string} name
 * @param {(value: any) => void} write
 * @returns {View}
 */
function shown(node, name, write) {
  /** @type {unknown} */
  let last;
  node.onchange = ({ target }) => { if (/** @type {HTMLInputElement} */ (target).checkValidity()) last = undefined; };
  return (state) => {
    const value = setting(state, name);
    node.hidden = value === undefined;
    setText(/** @type {Node} */ (node.querySelector('.field-source')), SOURCES[state.config.sources?.[name]] ?? '');
    if (value !== last && value !== undefined) write(value);
    last = value;
  };
}
