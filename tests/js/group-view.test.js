import assert from 'node:assert/strict';
import { test } from 'node:test';

import { INITIAL } from '../../static/js/media/call-state.js';
import { groupView, partKey } from '../../static/js/pages/group-view.js';
import { actsOn } from '../../static/js/pages/people-acts.js';
import { Speaking } from '../../static/js/pages/speaking.js';
import { chromeIntent } from '../../static/js/pages/browser.js';

/** @param {string} id @param {object} [more] */
function person(id, more = {}) {
  return /** @type {any} */ ({ id, name: id, stage: 'admitted', online: true, host: false, microphone: 'on', camera: 'on', ...more });
}

/** @param {any[]} participants @param {object} [more] */
function state(participants, more = {}) {
  return { ...INITIAL, phase: /** @type {const} */ ('in_call'), self: person('customer'), participants, ...more };
}

const agent = person('staff.1', { host: true });

test('two who talk have no grid, whoever waits', () => {
  for (const others of [[agent], [agent, person('guest.1', { stage: 'waiting' })], [agent, person('guest.1', { stage: 'left' })]]) {
    assert.deepEqual(groupView(state(others), 'staff.1'), { others: [], tiles: 0, large: null });
  }
});

test('three and four have a tile each, in an order that nothing changes', () => {
  const two = [agent, person('guest.2'), person('guest.1')];
  const view = groupView(state(two), 'staff.1');
  assert.deepEqual(view.others.map(({ id }) => id), ['guest.1', 'guest.2']);
  assert.equal(view.tiles, 4);
  assert.equal(groupView(state([agent, person('guest.1', { stage: 'held' })]), 'staff.1').tiles, 3);
  assert.equal(groupView(state(two), 'staff.1', false).tiles, 3, 'who has no camera has no tile');
});

test('whoever is on hold sees no tiles of the others', () => {
  assert.equal(groupView(state([agent, person('guest.1')], { phase: 'held' }), 'staff.1').tiles, 0);
});

test('whom an official pinned is large, before a document, but never oneself', () => {
  const here = [person('staff.1', { host: true, shows: 'screen' }), person('guest.1')];
  assert.equal(groupView(state(here), 'staff.1').large, 'staff.1');
  assert.equal(groupView(state(here, { pinned: 'guest.1' }), 'staff.1').large, 'guest.1');
  assert.equal(groupView(state([agent, person('guest.1')], { pinned: 'customer' }), 'staff.1').large, null);
  assert.equal(groupView(state([agent, person('guest.1')], { pinned: 'gone' }), 'staff.1').large, null);
});

test('a part has a word and no part has none', () => {
  assert.equal(partKey({ part: 'interpreter' }), 'say.guests.part.interpreter');
  assert.equal(partKey({}), null);
});

test('each stage of a guest has its acts; customers and colleagues are only pinned', () => {
  const none = { pinned: false, customer: false };
  /** @type {const} */
  const cells = [
    ['waiting', ['admit', 'remove']],
    ['preparing', ['admit', 'remove']],
    ['admitted', ['pin', 'hold', 'lobby', 'remove']],
    ['held', ['resume', 'lobby', 'remove']],
    ['left', []],
  ];
  for (const [stage, acts] of cells) assert.deepEqual(actsOn({ stage, host: false }, none), acts);
  assert.deepEqual(actsOn({ stage: 'held', host: false }, { pinned: true, customer: false }), ['unpin', 'resume', 'lobby', 'remove']);
  assert.deepEqual(actsOn({ stage: 'admitted', host: true }, none), ['pin']);
  const watches = { ...none, watches: true };
  for (const [stage, acts] of cells) {
    const outside = stage === 'waiting' || stage === 'preparing';
    assert.deepEqual(actsOn({ stage, host: false }, watches), outside ? acts : []);
  }
  assert.deepEqual(actsOn({ stage: 'admitted', host: true }, watches), []);
  assert.deepEqual(actsOn({ stage: 'admitted', host: false }, { pinned: true, customer: true }), ['unpin']);
});

test('a voice is marked after two looks and stays over a pause; a door that slams is not', () => {
  const speaking = new Speaking();
  const hear = (/** @type {number} */ level, /** @type {number} */ now) => [...speaking.hear(new Map([['a', level]]), now)];
  assert.deepEqual(hear(0.5, 0), []);
  assert.deepEqual(hear(0, 250), []);
  assert.deepEqual(hear(0.1, 500), []);
  assert.deepEqual(hear(0.1, 750), ['a']);
  assert.deepEqual(hear(0, 1_750), ['a']);
  assert.deepEqual(hear(0, 1_950), []);
  assert.deepEqual([...speaking.hear(new Map(), 2_000)], []);
  assert.deepEqual(hear(0.1, 2_250), [], 'who came back begins anew');
});

test('Android opens a link in Chrome, and where there is none in another browser', () => {
  const url = 'https://meet.example/h/abc';
  assert.equal(
    chromeIntent(url),
    `intent://meet.example/h/abc#Intent;scheme=https;package=com.android.chrome;S.browser_fallback_url=${encodeURIComponent(url)};end`,
  );
});
