import assert from 'node:assert/strict';
import { test } from 'node:test';

import { arrivals, pollDelayMs, windowTitle } from '../../static/js/pages/agent-board.js';

/**
 * @param {readonly string[]} ids
 * @param {readonly string[]} [gone]
 */
const board = (ids, gone = []) => ({
  serverTime: 0,
  updated: '9:00',
  call: null,
  waiting: ids.map((id) => ({
    id,
    url: `/agent/appointments/${id}`,
    customer: '',
    service: '',
    reference: '',
    startsAt: '',
    since: '',
    waitingSince: 0,
    online: !gone.includes(id),
    check: null,
    overAfterS: 600,
  })),
  today: [],
  owed: [],
});

test('polling backs off from 5 seconds to 30 and no further', () => {
  assert.deepEqual([0, 1, 2, 3, 9].map(pollDelayMs), [5000, 10000, 20000, 30000, 30000]);
});

test('nobody counts as arriving on the first look', () => {
  assert.deepEqual(arrivals(null, board(['a'])), []);
});

test('whoever was not waiting before is an arrival', () => {
  const seen = arrivals(board(['a', 'b']), board(['b', 'c'])).map((row) => row.id);
  assert.deepEqual(seen, ['c']);
});

test('whoever comes back arrives again, and whoever goes does not', () => {
  const seen = arrivals(board(['a', 'b'], ['a']), board(['a', 'b'], ['b'])).map((row) => row.id);
  assert.deepEqual(seen, ['a']);
});

test('the title of the window carries the number waiting, and none when nobody waits', () => {
  assert.equal(windowTitle(2, 'Today'), '(2) Today');
  assert.equal(windowTitle(0, 'Today'), 'Today');
});
