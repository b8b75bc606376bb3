// SPDX-License-Identifier: ISC
// settings: the threshold slider, and the other settings that can change while the camera runs.

import { byId, el, put } from './dom.js';
import { setting } from './state.js';

// Where a value comes from, said only when it is not the default.
const SOURCES = { set: 'set here', file: 'from the file', 'command line': 'command line' };

const FIELDS = [
  { name: 'motion', label: 'Look for motion' },
  { name: 'threshold', label: 'Threshold, exactly', unit: '%', min: 0, max: 100, step: 0.1, help: 'Somebody far away in a yard is half a percent of the picture.' },
  { name: 'save_on_motion', label: 'Save a picture with each motion' },
  { name: 'cooldown', label: 'Cool-down', unit: 'ms', min: 0, max: 3600000, help: 'After a motion event, none for this long.' },
  { name: 'noise', label: 'Noise floor', unit: 'grey levels', min: 0, max: 255, help: 'Differences up to this are noise.' },
  { name: 'light_switch', label: 'Light switch', unit: '%', min: 1, max: 100, help: 'A change of this much of the picture is light, not motion. 100: any change of light is motion.' },
  { name: 'motion_fps', label: 'Pictures analysed', unit: 'a second', min: 1, max: 60 },
  { name: 'quality', label: 'JPEG quality', unit: '', min: 1, max: 100, help: 'When the camera delivers raw pictures.' },
  { name: 'quota_mb', label: 'Disk for saved pictures', unit: 'MiB', min: 1, max: 1048576, help: 'The oldest go first.' },
  { name: 'quota_files', label: 'Saved pictures at most', unit: 'files', min: 1, max: 1000000 },
  { name: 'keep_free', label: 'Keep free of the disk', unit: '%', min: 0, max: 90 },
];

export function thresholdSlider(tuner) {
  const slider = byId('threshold');
  slider.oninput = () => tuner.want({ threshold: slider.valueAsNumber });
  return (state) => {
    const value = setting(state, 'threshold');
    if (value === undefined) return;
    if (slider.valueAsNumber !== Math.round(value)) slider.value = value;
    slider.setAttribute('aria-valuetext', `${value} percent`);
    put(byId('threshold-value'), String(value));
  };
}

export function settingsForm(tuner) {
  const fields = byId('settings-fields');
  fields.form.onsubmit = (submit) => submit.preventDefault();
  const rows = FIELDS.map((field) => row(field, tuner));
  fields.replaceChildren(...rows.map(({ node }) => node));
  return (state) => rows.forEach(({ update }) => update(state));
}

function row(field, tuner) {
  return field.unit === undefined ? switchRow(field, tuner) : numberRow(field, tuner);
}

function switchRow({ name, label }, tuner) {
  const input = el('input', { type: 'checkbox', id: `set-${name}` });
  input.onchange = () => tuner.want({ [name]: input.checked });
  const node = el('div', { className: 'field field-switch' }, input, el('label', { htmlFor: input.id, textContent: label }), source(name));
  return { node, update: shown(node, name, (value) => { input.checked = value; }) };
}

function numberRow({ name, label, unit, min, max, step = 1, help }, tuner) {
  const input = el('input', { type: 'number', id: `set-${name}`, min, max, step, required: true, inputMode: step < 1 ? 'decimal' : 'numeric' });
  input.onchange = () => input.reportValidity() && tuner.want({ [name]: input.valueAsNumber });
  const node = el('div', { className: 'field' },
    el('label', { htmlFor: input.id, textContent: label }),
    el('span', { className: 'field-value' }, input, ` ${unit}`), source(name));
  if (help) {
    input.setAttribute('aria-describedby', `help-${name}`);
    node.append(el('small', { id: `help-${name}`, textContent: help }));
  }
  return { node, update: shown(node, name, (value) => {
    if (document.activeElement !== input || input.checkValidity()) input.value = value;
  }) };
}

const source = (name) => el('span', { className: 'field-source', id: `source-${name}` });

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
