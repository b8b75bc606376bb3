// SPDX-License-Identifier: ISC
// settings: the threshold slider, and a form of all that can be set while the camera runs, built from
// what the camera says of its settings.

import { get } from './api.js';
import { byId, el, list, put } from './dom.js';
import { setting } from './state.js';

// Where a value comes from, said only when it is not the default.
const SOURCES = { set: 'set here', file: 'from the file', 'command line': 'command line' };

const SLIDER = 'threshold';     // has a slider beside the plot, for whole numbers

export function thresholdSlider(tuner) {
  const slider = byId('threshold');
  let shown;
  const describe = ({ label: text, unit, min, max }) => {
    put(byId('threshold-label'), text);
    put(byId('threshold-unit'), unit);
    Object.assign(slider, { min: Math.ceil(min), max: Math.floor(max) });
  };
  slider.oninput = () => tuner.want({ [SLIDER]: slider.valueAsNumber });
  return (state) => {
    const described = state.settings.find(({ name }) => name === SLIDER);
    if (described && described !== shown) describe(described);
    shown = described;
    const value = setting(state, SLIDER);
    if (value === undefined) return;
    if (slider.valueAsNumber !== Math.round(value)) slider.value = value;
    slider.setAttribute('aria-valuetext', `${value} ${described?.unit ?? ''}`);
    put(byId('threshold-value'), String(value));
  };
}

export function settingsForm(tuner, base, model) {
  const fields = byId('settings-fields');
  const load = () => model.load(get(new URL('config', base)), (data) => ({ type: 'settings', data }));
  fields.form.onsubmit = (submit) => submit.preventDefault();

  const updates = new WeakMap();
  const make = ({ name, settings }) => {
    const rows = settings.map((one) => row(one, (value) => tuner.want({ [one.name]: value })));
    const title = el('h3', { id: `group-${name}`, textContent: name });
    const node = el('div', { className: 'group', role: 'group', 'aria-labelledby': title.id }, title,
      el('div', { className: 'fields' }, ...rows.map((one) => one.node)));
    updates.set(node, (state) => rows.forEach(({ update }) => update(state)));
    return node;
  };
  let drawn;
  const update = (state) => {
    if (state.settings !== drawn) list(fields, groups(state.settings), 'shape', make);
    drawn = state.settings;
    for (const node of fields.children) updates.get(node)(state);
  };
  return { load, update };
}

// The shape is what a group is built from: a camera that came back may have other settings.
function groups(settings) {
  const found = new Map();
  for (const one of settings.filter(({ live, type }) => live && type in rows))
    found.set(one.group, [...(found.get(one.group) ?? []), one]);
  return [...found].map(([name, some]) => ({ name, settings: some, shape: JSON.stringify(some) }));
}

// A row of the form: {node, update(state)}. want(value) is called when a person has changed it.
export const row = (one, want) => rows[one.type](one, want);

const rows = { boolean: switchRow, integer: numberRow, number: numberRow, choice: choiceRow, text: textRow };

function switchRow(one, want) {
  const input = el('input', { type: 'checkbox', id: id(one) });
  input.onchange = () => want(input.checked);
  return field(one, [input, label(one)], input, (value) => { input.checked = value; }, 'field-switch');
}

function numberRow(one, want) {
  const { min, max, step, unit } = one;
  const input = el('input', { type: 'number', id: id(one), min, max, step, required: true, inputMode: step < 1 ? 'decimal' : 'numeric' });
  input.onchange = () => input.reportValidity() && want(input.valueAsNumber);
  return field(one, [label(one), el('span', { className: 'field-value' }, input, ` ${unit}`)], input, (value) => {
    if (document.activeElement !== input || input.checkValidity()) input.value = value;
  });
}

function choiceRow(one, want) {
  const options = one.choices.map((word) => el('option', { value: word, textContent: word }));
  const input = el('select', { id: id(one) }, ...options);
  input.onchange = () => want(input.value);
  return field(one, [label(one), input], input, (value) => { input.value = value; });
}

function textRow(one, want) {
  const input = el('input', { type: 'text', id: id(one) });
  input.onchange = () => want(input.value);
  return field(one, [label(one), el('span', { className: 'field-value' }, input)], input, (value) => { input.value = value; });
}

const id = ({ name }) => `set-${name}`;
const label = (one) => el('label', { htmlFor: id(one), textContent: one.name === SLIDER ? `${one.label}, exactly` : one.label });

function field({ name, help }, children, input, write, kind = '') {
  const node = el('div', { className: `field ${kind}` }, ...children,
    el('span', { className: 'field-source', id: `source-${name}` }), el('small', { id: `help-${name}`, textContent: help }));
  input.setAttribute('aria-describedby', `help-${name}`);
  return { node, update: shown(node, name, write) };
}

// Writes a value only when it differs from the last one written: what is being typed stays, until it is done.
function shown(node, name, write) {
  let last;
  node.onchange = ({ target }) => { if (target.checkValidity()) last = undefined; };
  return (state) => {
    const value = setting(state, name);
    node.hidden = value === undefined;
    put(node.querySelector('.field-source'), SOURCES[state.config.sources?.[name]] ?? '');
    if (value !== last && value !== undefined) write(value);
    last = value;
  };
}
