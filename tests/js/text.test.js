// SPDX-License-Identifier: ISC
// Numbers and states in words.
import assert from 'node:assert/strict';
import test from 'node:test';

import { initial } from '../../html/state.js';
import * as text from '../../html/text.js';

test('bytes', () => {
  assert.deepEqual([0, 999, 1000, 123_456, 5_000_000_000_000].map(text.bytes),
    ['0 bytes', '999 bytes', '1.0 kB', '123 kB', '5000 GB']);
});

test('how old', () => {
  assert.deepEqual([-5, 34, 999, 1499, 59_000, 61_000, 7_200_000].map(text.age),
    ['0 ms', '30 ms', '1000 ms', '1 s', '59 s', '1 min', '2 h']);
});

test('how long, and what a clip is called', () => {
  assert.deepEqual([0.2, 14.4, 59.6, 61, 600].map(text.duration), ['1 s', '14 s', '1 min', '1 min 1 s', '10 min']);
  assert.deepEqual([{ name: 'a.mp4', seconds: 14.2 }, { name: 'a.mp4' }, { name: 'a.mkv', seconds: 3 }].map(text.clipText),
    ['Clip, 14 s', 'Clip', 'Clip, 3 s: download only (mkv)']);
});

test('one and many', () => {
  assert.deepEqual([text.plural(1, 'time', 'times'), text.plural(2, 'time', 'times')], ['1 time', '2 times']);
});

const live = {
  ...initial, now: 100_000, skew: 0,
  eventStream: { phase: 'open' }, commands: { phase: 'open' }, camera: { ...initial.camera, online: true },
  picture: { ...initial.picture, phase: 'open', taken: 99_900, shown: 99_950 },
  pulses: [{ ts: 99, fps: 10 }],
};
const words = (state) => {
  const { kind, words: said, detail } = text.statusText({ ...live, ...state });
  return `${kind}: ${said}${detail}`;
};
const picture = (more) => ({ picture: { ...live.picture, ...more } });

test('live is said of a fresh picture alone', () => {
  assert.equal(words({}), 'good: Live');
  assert.equal(words(picture({ taken: 96_000 })), 'busy: Picture late, 4 s old');
  assert.equal(words({ ...picture({ taken: 96_000 }), pulses: [{ ts: 99, fps: 0.2 }] }), 'good: Live, 4 s old');
});

test('nothing is live over a placard', () => {
  assert.equal(words(picture({ placard: 'camera unplugged' })), 'lost: No picture: camera unplugged');
  assert.equal(text.pictureFacts({ ...live, ...picture({ placard: 'camera unplugged' }) }), '');
});

test('why there is no connection, and when it is tried again', () => {
  assert.equal(words({ eventStream: { phase: 'waiting', until: 103_100, reason: 'Camera daemon not running' } }),
    'lost: Camera daemon not running, trying again in 4 s');
  assert.equal(words({ eventStream: { phase: 'waiting', until: 0 } }), 'lost: Reconnecting…');
  assert.equal(words({ eventStream: { phase: 'paused' } }), 'idle: Paused');
  assert.equal(words({ camera: { online: false, reason: 'unplugged' } }), 'lost: Camera offline: unplugged');
});

test('a refusal of where the page comes from says what to set', () => {
  const said = text.refusedOrigin('https://a.example', 'http://b.example');
  assert.match(said, /trusted_proxies/);
  assert.match(said, /add https:\/\/a\.example to allow_origins/);
});

test('whether motion counts, and until when', () => {
  const until = 1_768_000_000;
  const scheduled = (now, then) => text.armedText('schedule', { armed: 'schedule', armed_now: now, armed_until: then });
  assert.equal(text.armedText('yes', { armed: 'yes', armed_now: true, armed_until: null }), '');
  assert.match(text.armedText('no', { armed: 'yes', armed_now: true, armed_until: null }), /no events/);
  assert.match(scheduled(true, until), /^Armed now, until .*\d\d.\d\d/);
  assert.match(scheduled(false, until), /^Not armed now, until /);
  assert.equal(scheduled(true, null), 'Armed now, and always.');
  assert.match(scheduled(false, null), /never/);
  assert.equal(text.armedText('schedule', { armed: 'no', armed_now: false, armed_until: null }), '');
});

test('what is said of motion beside its time', () => {
  const moving = { ts: 99, fps: 10, span: { since: 98, seconds: 1, peak: 31 } };
  const detail = (threshold, end, pulses = live.pulses) => {
    const event = { type: 'motion', data: { threshold }, end };
    return text.motionDetail(event, { ...live, config: { threshold: 12 }, events: [{ type: 'camera' }, event], pulses });
  };
  assert.deepEqual([detail(12), detail(20)], ['', 'threshold 20 %']);
  assert.equal(detail(12, undefined, [moving]), 'going on');
  assert.equal(detail(12, { seconds: 12, peak: 31 }), '12 s, peak 31.0 %');
  assert.equal(detail(12, { seconds: 0.2, peak: 31, cut: true }), 'at least 1 s, peak 31.0 %');
});
