// SPDX-License-Identifier: ISC
// An answer is as old as its question: what events have told meanwhile counts.
import assert from 'node:assert/strict';
import test from 'node:test';

import { Model } from '../../html/model.js';

const page = () => new Model(0, () => {});

// Loads what the test will answer: `answer(value)`, or `fail()`.
function load(model, action) {
  const { promise, resolve, reject } = withResolvers();
  const done = model.load(promise, action);
  return {
    answer: (value) => { resolve(value); return done; },
    fail: () => { reject(new Error('no answer')); return done.catch(() => 'failed'); },
  };
}

function withResolvers() {
  const all = {};
  all.promise = new Promise((resolve, reject) => Object.assign(all, { resolve, reject }));
  return all;
}

const name = (id) => `${id}.jpg`;
const down = (from, to) => Array.from({ length: from - to + 1 }, (_, at) => from - at);
const listed = (id) => ({ id, name: name(id), bytes: 1, ts: id });
const saved = (id) => ({ type: 'saved', id, data: { name: name(id), url: name(id), size: 1, ts: id } });
const deleted = (id) => ({ type: 'deleted', data: { name: name(id) } });
const shown = (model) => model.state.snaps.list.map((snap) => Number.parseInt(snap.name, 10));
const loadSnaps = (model, limit, before) => load(model, (list) => ({ type: 'snaps', list, limit, before }));

test('a picture that is saved while the list is on its way is shown', async () => {
  const model = page();
  const list = loadSnaps(model, 12);
  model.dispatch(saved(3));
  await list.answer([2, 1].map(listed));
  assert.deepEqual(shown(model), [3, 2, 1]);
});

test('a picture that is deleted while the list is on its way stays deleted', async () => {
  const model = page();
  model.dispatch(saved(1));
  model.dispatch(saved(2));
  const list = loadSnaps(model, 12);
  model.dispatch(deleted(1));
  await list.answer([2, 1].map(listed));
  assert.deepEqual(shown(model), [2]);
  assert.deepEqual(model.state.totals, { count: 1, bytes: 1 });
});

test('what was deleted before the list was asked for goes with it', async () => {
  const model = page();
  model.dispatch(saved(1));
  model.dispatch(saved(2));
  await loadSnaps(model, 12).answer([listed(2)]);
  assert.deepEqual(shown(model), [2]);
});

test('an older page comes while pictures are saved and deleted: none is lost, none comes back', async () => {
  const model = page();
  await loadSnaps(model, 12).answer(down(40, 29).map(listed));
  model.dispatch({ type: 'older' });
  const older = loadSnaps(model, 12, model.state.snaps.end);
  model.dispatch(saved(41));
  model.dispatch(deleted(29));
  model.dispatch(saved(42));
  model.dispatch(deleted(35));
  await older.answer(down(28, 17).map(listed));
  assert.deepEqual(shown(model), [...down(42, 36), ...down(34, 30), ...down(28, 17)]);
});

test('an older page that does not follow on what is shown any more is left out', async () => {
  const model = page();
  await loadSnaps(model, 12).answer(down(40, 29).map(listed));
  model.dispatch({ type: 'older' });
  const older = loadSnaps(model, 12, model.state.snaps.end);
  down(60, 41).reverse().map(saved).forEach(model.dispatch);
  await older.answer(down(28, 17).map(listed));
  assert.deepEqual(shown(model), down(60, 37));
});

test('events of before the list, heard after it, go where they belong', async () => {
  const model = page();
  await loadSnaps(model, 12).answer(down(40, 29).map(listed));
  [20, 39, 41].map(saved).forEach(model.dispatch);
  assert.deepEqual(shown(model), down(41, 30));
  assert.equal(model.state.snaps.end, 30);
});

test('clips that come and go while the list is on its way', async () => {
  const model = page();
  const clip = (ts) => ({ name: `${ts}.mp4`, ts, cause: 'manual' });
  const list = load(model, (clips) => ({ type: 'clips', list: clips }));
  model.dispatch({ type: 'clip', id: 3, data: clip(3) });
  model.dispatch({ type: 'deleted', data: { name: '1.mp4' } });
  await list.answer([2, 1].map(clip));
  assert.deepEqual(model.state.clips.map(({ ts }) => ts), [3, 2]);
});

const control = (value) => ({ name: 'gain', type: 'integer', value });
const controls = (value) => ({ type: 'controls', data: { controls: [control(value)] } });

test('controls: an event goes before an answer that it overtook', async () => {
  const model = page();
  const asked = load(model, (data) => ({ type: 'controls', data }));
  model.dispatch(controls(9));
  await asked.answer({ controls: [control(1)] });
  assert.equal(model.state.controls[0].value, 9);
});

test('of two answers that of the later question counts, whichever comes last', async () => {
  const model = page();
  const ask = () => load(model, (data) => ({ type: 'controls', data }));
  const [first, second, third] = [ask(), ask(), ask()];
  await second.answer({ controls: [control(2)] });
  await first.answer({ controls: [control(1)] });
  assert.equal(model.state.controls[0].value, 2);
  await third.answer({ controls: [control(3)] });
  assert.equal(model.state.controls[0].value, 3);
});

test('status: a camera that went while it was on its way is gone', async () => {
  const model = page();
  const status = load(model, (data) => ({ type: 'status', data }));
  model.dispatch({ type: 'camera', id: 1, data: { ts: 1, online: false, reason: 'unplugged' } });
  model.dispatch({ type: 'pulse', now: 0, data: { ts: 1, online: false, reason: 'unplugged', change: 0, threshold: 12 } });
  const since = await status.answer({ camera: 'cam', name: 'Card', online: true, source: 'v4l2', snaps: { count: 3, bytes: 30 } });
  assert.deepEqual(since.map(({ type }) => type), ['camera', 'pulse']);
  assert.deepEqual([model.state.camera.online, model.state.camera.reason, model.state.camera.name], [false, 'unplugged', 'Card']);
  assert.deepEqual([model.state.totals.count, model.state.pulses.length], [3, 1]);
});

test('past events and those of meanwhile are one list', async () => {
  const model = page();
  const motion = (id) => ({ type: 'motion', id, data: { ts: id, change: 20, count: id } });
  const past = load(model, (events) => ({ type: 'history', events }));
  model.dispatch(motion(3));
  await past.answer([2, 1].map((id) => ({ id, type: 'motion', ts: id, data: {} })));
  assert.deepEqual(model.state.events.map(({ id }) => id), [3, 2, 1]);
  assert.equal(model.state.config.trigger_count, 3);
});

test('an end without a number, told while past events are on their way, ends one motion', async () => {
  const model = page();
  for (const ts of [1, 2]) model.dispatch({ type: 'motion', id: null, data: { ts, change: 20, count: ts } });
  const past = load(model, (events) => ({ type: 'history', events }));
  model.dispatch({ type: 'motion_end', data: { ts: 3, seconds: 1, peak: 20 } });
  await past.answer([]);
  assert.deepEqual(model.state.events.map(({ end }) => end?.seconds), [1, undefined]);
});

test('a request that failed changes nothing and is forgotten', async () => {
  const model = page();
  const list = loadSnaps(model, 12);
  model.dispatch(saved(1));
  const before = model.state;
  assert.equal(await list.fail(), 'failed');
  assert.equal(model.state, before);
  const since = await loadSnaps(model, 12).answer([listed(1)]);
  assert.deepEqual([shown(model), since], [[1], []]);
});
