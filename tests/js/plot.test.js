// SPDX-License-Identifier: ISC
// What the plot shows.
import assert from 'node:assert/strict';
import test from 'node:test';

import { curve } from '../../html/plot.js';

const pulses = (from, to) => Array.from({ length: to - from }, (_, at) => ({ ts: from + at, change: 1, threshold: 12 }));
const motion = (ts) => ({ type: 'motion', ts, data: { ts, change: 20 } });

test('motion of before the page was there, or while it was away, has no dot: there is no curve either', () => {
  const events = [98.5, 99.5, 110.5, 125, 139.5, 160].map(motion);
  const { fired, shown, minutes } = curve({ pulses: [...pulses(100, 120), ...pulses(130, 160)], events });
  assert.deepEqual(fired.map(({ ts }) => ts), [99.5, 110.5, 139.5, 160]);
  assert.deepEqual([shown.length, minutes], [50, 1]);
});

test('only the last minutes are shown', () => {
  const { begin, minutes, shown, fired } = curve({ pulses: pulses(0, 300), events: [motion(10)] });
  assert.deepEqual([begin, minutes, shown.length, fired.length], [-1, 5, 300, 1]);
  assert.equal(curve({ pulses: pulses(0, 400), events: [motion(10)] }).fired.length, 0);
});
