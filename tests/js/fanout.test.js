// SPDX-License-Identifier: ISC
// Pictures for the tabs that follow.
import assert from 'node:assert/strict';
import test from 'node:test';

import { Fanout } from '../../html/fanout.js';

function fanout() {
  const told = [];
  return { told, pictures: new Fanout((id, { picture }) => told.push([id, picture])) };
}

test('who asks first gets the newest at once, and then one for each time it asks', () => {
  const { told, pictures } = fanout();
  pictures.offer('a');
  pictures.want('x');
  pictures.offer('b');
  assert.deepEqual(told, [['x', 'a']]);
  pictures.want('x');
  assert.deepEqual(told, [['x', 'a'], ['x', 'b']]);
});

test('who asks before there is a new one waits for it', () => {
  const { told, pictures } = fanout();
  pictures.want('x');
  assert.deepEqual(told, []);
  pictures.offer('a');
  pictures.want('x');
  pictures.offer('b');
  assert.deepEqual(told, [['x', 'a'], ['x', 'b']]);
});

test('a slow one misses pictures and has no queue', () => {
  const { told, pictures } = fanout();
  pictures.want('slow');
  for (const picture of 'abcdef') pictures.offer(picture);
  pictures.want('slow');
  assert.deepEqual(told, [['slow', 'a'], ['slow', 'f']]);
});

test('who is forgotten gets nothing more', () => {
  const { told, pictures } = fanout();
  pictures.want('x');
  pictures.forget('x');
  pictures.offer('a');
  assert.deepEqual(told, []);
});
