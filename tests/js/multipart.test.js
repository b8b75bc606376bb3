// SPDX-License-Identifier: ISC
// The parts of a stream, as bytes come in.
import assert from 'node:assert/strict';
import test from 'node:test';

import { Parts } from '../../html/multipart.js';

// Each part as [time stamp, text], the reason why no more came, and whether it was over.
function read(text, size) {
  const whole = new TextEncoder().encode(text);
  const parts = new Parts();
  const found = [];
  try {
    for (let at = 0; at < whole.length; at += size)
      for (const { headers, body } of parts.push(whole.slice(at, at + size)))
        found.push([headers.get('x-timestamp'), new TextDecoder().decode(body)]);
  } catch (why) {
    found.push(why.message);
  }
  return [...found, parts.over];
}

test('pieces of any size', () => {
  const text = '--frame\r\nContent-Type: image/jpeg\r\nContent-Length: 5\r\nX-Timestamp: 1.5\r\n\r\nab\r\nc\r\n' +
    '--frame\r\nContent-Length: 0\r\n\r\n\r\n--frame--\r\n';
  for (const size of [1, 2, 7, 1000]) assert.deepEqual(read(text, size), [['1.5', 'ab\r\nc'], [null, ''], true]);
});

test('a picture is handed on at its last byte, before the delimiter behind it', () => {
  assert.deepEqual(read('--frame\nContent-Length: 3\n\nabc', 10), [[null, 'abc'], false]);
});

test('a broken stream ends in words', () => {
  assert.deepEqual(read('<html>', 10), [false]);
  assert.deepEqual(read('<html>\n', 10), ['Not a stream of pictures', false]);
  assert.deepEqual(read('x'.repeat(5000), 100), ['Not a stream of pictures', false]);
  assert.deepEqual(read('--frame\n\n', 10), ['A picture without a length', false]);
  assert.deepEqual(read('--frame\nContent-Length: 99999999999\n\n', 10), ['A picture without a length', false]);
  assert.deepEqual(read('--frame\nContent-Length: 9\n\nabc', 10), [false]);
});
