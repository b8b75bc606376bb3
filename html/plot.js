// SPDX-License-Identifier: ISC
// plot: how much of the picture changed in the last minutes, with the threshold, and a dot where motion
// fired. Drawn in a box of WIDTH × 100; the style sheet stretches it.

import { byId, setText, svg } from './dom.js';
import { setting } from './state.js';
import { clock, percent, plural } from './text.js';

/** @import { KeyedEvent, Pulse, View } from './state.js' */

const GAP = 3;                  // seconds without a pulse: the line is interrupted
const BESIDE = 1;               // second at most between motion and its pulse
const WIDTH = 300;
const SCALES = [25, 50, 100];   // percent at the top edge
const SPANS = [1, 2, 5];        // minutes from edge to edge; it grows with the pulses

/** @returns {View} */
export function plotView() {
  const area = svg('path', { class: 'plot-area' });
  const line = svg('path', { class: 'plot-line' });
  const limit = svg('path', { class: 'plot-limit' });
  const dots = svg('path', { class: 'plot-dots' });
  byId('plot').replaceChildren(area, line, limit, dots);

  return (state) => {
    if (state.pulses.length === 0) return;
    const { begin, minutes, shown, fired } = curve(state);
    const threshold = setting(state, 'threshold') ?? shown[shown.length - 1].threshold;
    const top = scale(shown, fired, threshold);
    const x = (/** @type {number} */ ts) => Math.min(WIDTH, ((ts - begin) * WIDTH) / (minutes * 60)).toFixed(1);
    const y = (/** @type {number} */ value) => (100 - Math.min(100, (value * 100) / top)).toFixed(1);
    const runs = split(shown).map((run) => ({ begin: x(run[0].ts), path: trace(run, x, y) }));
    line.setAttribute('d', runs.map(({ path }) => path).join(''));
    area.setAttribute('d', runs.map((run) => `${run.path}V100H${run.begin}Z`).join(''));
    limit.setAttribute('d', `${steps(shown, x, y)}V${y(threshold)}H${WIDTH}`);
    dots.setAttribute('d', fired.map(({ ts, data }) => `M${x(ts)} ${y(data.change)}h0`).join(''));
    setText(byId('plot-begin'), `${plural(minutes, 'minute', 'minutes')} ago`);
    setText(byId('plot-top'), `${top} %`);
    byId('plot-limit').style.top = `${y(threshold)}%`;
    setText(byId('plot-limit'), `${threshold} %`);
    setText(byId('plot-words'), words(shown, fired));
  };
}

/**
 * The pulses of the last minutes, and the motion among them that the page has a pulse for.
 * @param {{pulses: Pulse[], events: KeyedEvent[]}} state
 */
export function curve({ pulses, events }) {
  const end = pulses[pulses.length - 1].ts;
  const minutes = SPANS.find((span) => span * 60 >= end - pulses[0].ts) ?? SPANS[SPANS.length - 1];
  const begin = end - minutes * 60;
  const shown = pulses.filter(({ ts }) => ts >= begin);
  const seen = (/** @type {number} */ ts) => shown.some((pulse) => Math.abs(pulse.ts - ts) <= BESIDE);
  return { begin, minutes, shown, fired: events.filter(({ type, ts }) => type === 'motion' && seen(ts)) };
}

/**
 * @param {Pulse[]} pulses
 * @param {KeyedEvent[]} fired
 * @param {number} threshold
 */
function scale(pulses, fired, threshold) {
  const highest = Math.max(threshold * 1.25, ...pulses.map(({ change }) => change), ...fired.map(({ data }) => data.change));
  return SCALES.find((top) => top >= highest) ?? 100;
}

/** @param {Pulse[]} pulses */
function split(pulses) {
  /** @type {Pulse[][]} */
  const runs = [];
  for (const pulse of pulses) {
    const run = runs.at(-1);
    if (run && pulse.ts - run[run.length - 1].ts <= GAP) run.push(pulse);
    else runs.push([pulse]);
  }
  return runs;
}

/** @typedef {(value: number) => string} Place  in the box */

/**
 * @param {Pulse[]} run
 * @param {Place} x
 * @param {Place} y
 */
const trace = (run, x, y) => run.map(({ ts, change }, at) => `${at === 0 ? 'M' : 'L'}${x(ts)} ${y(change)}`).join('');

/**
 * The line of the threshold at each time.
 * @param {Pulse[]} pulses
 * @param {Place} x
 * @param {Place} y
 */
function steps(pulses, x, y) {
  let path = `M${x(pulses[0].ts)} ${y(pulses[0].threshold)}`;
  for (const { ts, threshold } of pulses) path += `H${x(ts)}V${y(threshold)}`;
  return path;
}

/**
 * @param {Pulse[]} pulses
 * @param {KeyedEvent[]} fired
 */
function words(pulses, fired) {
  const highest = pulses.reduce((most, pulse) => (pulse.change > most.change ? pulse : most));
  const often = fired.length === 0 ? 'did not fire' : `fired ${plural(fired.length, 'time', 'times')}`;
  return `Since ${clock(pulses[0].ts)}: highest ${percent(highest.change)} at ${clock(highest.ts)}, motion ${often}.`;
}
