// SPDX-License-Identifier: ISC
// Which tab leads.
import assert from 'node:assert/strict';
import test from 'node:test';

import { World } from './world.js';

function worldOf(seed, count, delay) {
  const world = new World(seed, delay);
  for (let at = 0; at < count; at++) world.tab();
  return world;
}

// How long it takes until another leads, at worst of a hundred worlds.
function takeOver(lose) {
  let most = 0;
  for (let seed = 1; seed <= 100; seed++) {
    const world = new World(seed);
    for (let count = 0; count < 10; count++) world.tab() && world.run(world.random() * 300);
    world.run(3000);
    lose(world, world.leaders()[0]);
    most = Math.max(most, world.settle());
  }
  return most;
}

test('a tab alone leads soon', () => {
  assert.ok(worldOf(1, 1).settle() <= 300);
});

test('a new tab follows and moves nobody', () => {
  const world = new World(2);
  const first = world.tab();
  world.run(3000);
  const more = [1, 2, 3].map(() => {
    const tab = world.tab();
    world.run(2000);
    return tab;
  });
  assert.equal(first.election.role, 'leading');
  assert.equal(first.turns, 2);
  assert.ok(more.every(({ election }) => election.leader === first.id) && world.settled());
});

test('another takes over from one that is closed', () => {
  const most = takeOver((world, leader) => world.close(leader));
  assert.ok(most > 0 && most <= 400, `${most} ms`);
});

test('another takes over from one that crashes', () => {
  const most = takeOver((world, leader) => world.crash(leader));
  assert.ok(most > 0 && most <= 2000, `${most} ms`);
});

test('one that sleeps is replaced, and follows when it wakes', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const world = worldOf(seed, 5).run(3000);
    const old = world.leaders()[0];
    old.awake = false;
    assert.ok(world.settle() <= 2000, `seed ${seed}`);
    const [heir] = world.leaders();
    world.run(world.random() * 10_000);
    old.awake = true;
    assert.ok(world.settle() <= 500, `seed ${seed}`);
    assert.equal(world.leaders()[0], heir, `seed ${seed}`);
  }
});

test('who slept takes nobody for gone: a laptop that was shut, all wake together', () => {
  const world = worldOf(4, 5).run(3000);
  const turns = world.tabs.map((tab) => tab.turns);
  for (const tab of world.tabs) tab.next += 3_600_000;
  world.now += 3_600_000;
  world.run(3000);
  assert.ok(world.settled());
  assert.deepEqual(world.tabs.map((tab) => tab.turns), turns);
});

test('tabs that come at once agree', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const world = worldOf(seed, 10, 60);
    assert.ok(world.settle() <= 1500, `seed ${seed}`);
    assert.ok(world.run(5000).settled(), `seed ${seed}`);
  }
});

// Chance opens, closes, crashes, sends to sleep or wakes one.
function happen(world) {
  const here = world.here();
  const any = here[Math.floor(world.random() * here.length)];
  const asleep = world.tabs.find(({ open, awake }) => open && !awake);
  const what = Math.floor(world.random() * 5);
  if (what === 0 || here.length < 2) world.tab();
  else if (what === 1) world.close(any);
  else if (what === 2) world.crash(any);
  else if (what === 3) any.awake = false;
  else if (asleep) asleep.awake = true;
}

test('whatever happens, one leads two seconds later; also on a slow channel', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const world = worldOf(seed * 7919, 1, seed % 3 === 0 ? 200 : 20);
    for (let turn = 0; turn < 40; turn++) {
      happen(world);
      world.run(world.random() * 1500);
    }
    assert.ok(world.settle() <= 2500, `seed ${seed}`);
    assert.ok(world.run(5000).settled(), `seed ${seed}`);
  }
});

test('it is quiet when nothing happens: only the leader speaks, four times a second', () => {
  const world = worldOf(9, 10).run(5000);
  for (const tab of world.tabs) tab.words = 0;
  world.run(10_000);
  const [most, ...others] = world.tabs.map(({ words }) => words).sort((a, b) => b - a);
  assert.ok(Math.abs(most - 40) <= 1, `${most} words`);
  assert.ok(others.every((words) => words === 0));
});
