// SPDX-License-Identifier: ISC
// What the page knows, and how each thing that happens changes it.
import assert from 'node:assert/strict';
import test from 'node:test';

import { initial, recent, reduce } from '../../html/state.js';

const after = (...actions) => actions.reduce(reduce, initial);
const numbers = (from, to) => Array.from({ length: to - from }, (_, at) => from + at);
const down = (from, to) => numbers(to + 1, from + 1).reverse();

test('events are bounded, sorted and told apart', () => {
  const motions = numbers(1, 80).map((id) => ({ type: 'motion', id, data: { ts: id, change: 20, count: 1 } }));
  const history = [{ id: 70, type: 'motion', ts: 70, data: {} }, { id: 71, type: 'saved', ts: 71 }];
  const state = after(...motions, { type: 'history', events: history },
    { type: 'motion', id: null, data: { ts: 90.5, change: 9, count: 2, stored: false } });
  assert.deepEqual(state.events.map(({ id }) => id), [null, ...down(79, 30)]);
});

test('the end of motion belongs to its beginning', () => {
  const motion = (id, ts) => ({ type: 'motion', id, data: { ts, change: 20, count: 1 } });
  const end = (motion, seconds) => ({ type: 'motion_end', data: { ts: 99, seconds, peak: 31, ...(motion && { motion }) } });
  const ends = (...actions) => after(...actions).events.map((event) => event.end?.seconds);
  assert.deepEqual(ends(motion(7, 1), motion(9, 2), end(7, 12)), [undefined, 12]);
  assert.deepEqual(ends(motion(null, 1), motion(9, 2), motion(null, 3), end(null, 5)), [5, undefined, undefined]);
  assert.deepEqual(ends(motion(7, 1), end(8, 5)), [undefined]);
  const past = [{ id: 8, type: 'motion_end', ts: 9, data: end(7, 12).data }, { id: 7, type: 'motion', ts: 1, data: {} }];
  assert.deepEqual(ends({ type: 'history', events: past }), [12]);
  assert.deepEqual(ends(motion(7, 1), end(7, 12), { type: 'history', events: past.slice(1) }), [12]);
});

const clip = (name, ts, more = {}) => ({ type: 'clip', data: { name, ts, url: `clips/${name}`, poster: '', seconds: 14, before: 5, bytes: 1, cause: 'manual', ...more } });
const ofMotion = (motion, name, ts = 1) => clip(name, ts, { motion, cause: 'motion' });
const rows = (state) => recent(state).map(({ key, clips }) => [key, ...clips.map(({ name }) => name)]);

test('a clip belongs to its motion; one by hand is a row of its own', () => {
  const motions = [7, 9].map((id) => ({ type: 'motion', id, data: { ts: id, change: 20, count: 1 } }));
  const told = [ofMotion(7, 'b.mp4', 8), ofMotion(7, 'a.mp4', 7), clip('hand.mp4', 8.5), ofMotion(3, 'old.mp4'), clip('x.mp4', 9, { cause: 'always' })];
  const all = [[9], ['clip hand.mp4', 'hand.mp4'], [7, 'a.mp4', 'b.mp4']];
  assert.deepEqual(rows(after(...motions, ...told)), all);
  assert.deepEqual(rows(after(...told, ...motions, ...told)), all);         // in any order, each once
  const list = told.map(({ data }) => data);
  assert.deepEqual(rows(after(...motions, clip('gone.mp4', 1), { type: 'clips', list })), all);
  const gone = (name) => ({ type: 'deleted', data: { name } });
  assert.deepEqual(rows(after(...motions, ...told, gone('a.mp4'), gone('hand.mp4'))), [[9], [7, 'b.mp4']]);
});

test('motion without a number has no clip of another', () => {
  assert.deepEqual(rows(after({ type: 'motion', id: null, data: { ts: 1, change: 20, count: 1 } }, clip('hand.mp4', 0))),
    [['at 1'], ['clip hand.mp4', 'hand.mp4']]);
});

test('clips and rows are bounded', () => {
  const state = after(...numbers(0, 120).map((ts) => clip(`${ts}.mp4`, ts)));
  assert.equal(state.clips.length, 100);
  assert.deepEqual(recent(state).map(({ ts }) => ts), down(119, 69));
});

test('a recording ends by its time, or with the clip of it', () => {
  const begun = [{ type: 'state', data: { clip_max: 600, online: true } }, { type: 'recording', recording: { since: 100_000, until: 700_000 } }];
  const going = (...actions) => after(...begun, ...actions).recording !== null;
  assert.ok(going({ type: 'tick', now: 699_000 }) && !going({ type: 'tick', now: 700_000 }));
  assert.ok(going(clip('before.mp4', 80)));
  assert.ok(going(clip('first-part.mp4', 100, { seconds: 599.9 })));
  assert.ok(!going(clip('this.mp4', 100)));
});

test('pulses are bounded', () => {
  const state = after(...numbers(0, 400).map((ts) =>
    ({ type: 'pulse', now: ts, data: { ts, online: true, change: 1, threshold: 12 } })));
  assert.equal(state.pulses.length, 300);
  assert.equal(state.pulses.at(-1).ts, 399);
});

const config = (type, threshold, more = {}) => ({ type, scope: 'config', values: { threshold }, ...more });
const told = (threshold) => ({ type: 'state', data: { threshold, cooldown: 5, online: true } });

test('what was asked for shows until it is answered', () => {
  assert.deepEqual(after(told(12), config('want', 30), told(12)).wanted.config, { threshold: 30 });
});

test('what was kept is the value', () => {
  const state = after(told(12), config('want', 30), config('kept', 30));
  assert.deepEqual(state.wanted.config, {});
  assert.equal(state.config.threshold, 30);
});

test('news that overtook the answer counts', () => {
  const state = after(told(12), config('want', 30), told(30), told(12), config('kept', 30));
  assert.deepEqual(state.wanted.config, {});
  assert.equal(state.config.threshold, 12);
});

test('what was refused goes back, with the reason', () => {
  const state = after(told(12), config('want', 30), config('refused', 30, { reason: 'no' }));
  assert.deepEqual(state.wanted.config, {});
  assert.equal(state.config.threshold, 12);
  assert.equal(state.notice.text, 'Not changed: no');
});

test('what was asked for again meanwhile stays asked for', () => {
  assert.deepEqual(after(config('want', 30), config('want', 31), config('kept', 30)).wanted.config, { threshold: 31 });
});

test('settings are not taken for facts', () => {
  const facts = { online: true, source: 'testcard', width: 320, height: 240 };
  const state = after({ type: 'status', data: { camera: 'cam', name: 'Card', ...facts, snaps: { count: 1, bytes: 2 } } },
    { type: 'state', data: { online: false, reason: 'gone', source: 'auto', width: 0, height: 0 } });
  assert.deepEqual(state.camera, { ...facts, online: false, reason: 'gone', id: 'cam', name: 'Card' });
});

const saved = (id, name, size) => ({ type: 'saved', id, data: { ts: id, name, url: `snaps/${name}`, size } });

test('saved pictures are counted, each once', () => {
  const one = saved(5, 'a.jpg', 10);
  assert.equal(after(one, one).totals.count, 1);
  const deleted = { type: 'deleted', data: { name: 'a.jpg' } };
  const { snaps, totals } = after(one, deleted, deleted);
  assert.deepEqual([totals.count, totals.bytes, snaps.list], [0, 0, []]);
});

test('saved pictures are bounded and paged', () => {
  const many = numbers(0, 40).map((id) => saved(id, `${id}.jpg`, 1));
  const { snaps, totals } = after(...many);
  assert.deepEqual(snaps.list.map(({ name }) => name), down(39, 27).map((id) => `${id}.jpg`));
  assert.ok(snaps.more && totals.count === 40);
  const page = (ids) => ids.map((id) => ({ id, name: `${id}.jpg`, bytes: 1, ts: id }));
  const newest = { type: 'snaps', limit: 12, list: page(down(39, 27)) };
  const older = { type: 'snaps', limit: 12, before: 28, list: page(down(27, 15)) };
  const whole = after(newest, older, saved(41, '41.jpg', 1)).snaps.list;
  assert.deepEqual(whole.map(({ name }) => name), [41, ...down(39, 16)].map((id) => `${id}.jpg`));
});

test('a camera that does not describe its settings has none', () => {
  assert.deepEqual(after({ type: 'settings', data: { threshold: 12 } }).settings, []);
});
