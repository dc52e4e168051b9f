import assert from 'node:assert/strict';
import { test } from 'node:test';

import { arrivals, isStale, pollDelayMs, windowTitle } from '../../static/js/pages/agent-board.js';

/** @param {readonly string[]} ids */
const board = (ids) => ({
  serverTime: 0,
  updated: '9:00',
  waiting: ids.map((id) => ({
    id,
    url: `/agent/appointments/${id}`,
    customer: '',
    service: '',
    reference: '',
    startsAt: '',
    since: '',
    waitingSince: 0,
    overAfterS: 600,
  })),
  today: [],
  owed: [],
});

test('polling backs off from 3 seconds to 30 and no further', () => {
  assert.deepEqual([0, 1, 2, 3, 4, 9].map(pollDelayMs), [3000, 6000, 12000, 24000, 30000, 30000]);
});

test('a board is stale once more than ten seconds have passed', () => {
  assert.equal(isStale(0, 10_000), false);
  assert.equal(isStale(0, 10_001), true);
});

test('nobody counts as arriving on the first look', () => {
  assert.deepEqual(arrivals(null, board(['a'])), []);
});

test('whoever was not waiting before is an arrival', () => {
  const seen = arrivals(board(['a', 'b']), board(['b', 'c'])).map((row) => row.id);
  assert.deepEqual(seen, ['c']);
});

test('the title of the window carries the number waiting, and none when nobody waits', () => {
  assert.equal(windowTitle(2, 'Today'), '(2) Today');
  assert.equal(windowTitle(0, 'Today'), 'Today');
});
