// SPDX-License-Identifier: ISC
// One connection kept up, whatever happens to it.
import assert from 'node:assert/strict';
import test from 'node:test';

globalThis.addEventListener ??= () => {};       // a page has it
const { backoff, retryNow, Link } = await import('../../html/retry.js');

test('the wait between attempts grows and is bounded', () => {
  assert.deepEqual([0, 1, 4, 5, 60].map((failures) => [backoff(failures, () => 0), backoff(failures, () => 1)]),
    [[250, 500], [500, 1000], [4000, 8000], [7500, 15000], [7500, 15000]]);
});

test('a failure is told, and tried again at once when there is reason to hurry', async () => {
  const told = [];
  let attempts = 0;
  const link = new Link(async (opened) => {
    attempts += 1;
    if (attempts === 1) throw new Error('refused');
    opened();
    await new Promise(() => {});
  }, ({ phase, reason }) => told.push([phase, reason]));
  link.up();
  while (told.length < 2) await new Promise((resolve) => setImmediate(resolve));
  const began = performance.now();
  retryNow();
  while (told.length < 4) await new Promise((resolve) => setImmediate(resolve));
  link.down();
  assert.ok(performance.now() - began < 200, 'it waits for 250 ms at least');
  assert.deepEqual(told, [['connecting', undefined], ['waiting', 'refused'], ['connecting', undefined], ['open', ''], ['paused', '']]);
});
