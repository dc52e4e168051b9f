import assert from 'node:assert/strict';
import { test } from 'node:test';

import { backoffMs } from '../../static/js/lib/backoff.js';

test('waits double as long each time, up to the cap', () => {
  const longest = [0, 1, 2, 3, 4, 5, 6, 50].map((attempt) => backoffMs(attempt, () => 1));
  assert.deepEqual(longest, [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
});

test('spreads clients over the upper half', () => {
  assert.equal(backoffMs(2, () => 0), 1_000);
  assert.equal(backoffMs(2, () => 0.5), 1_500);
});

test('comes never earlier than the server asked, and not all at that moment', () => {
  assert.equal(backoffMs(0, () => 0, { atLeastMs: 5_000 }), 5_250);
  assert.equal(backoffMs(0, () => 1, { atLeastMs: 5_000 }), 5_500);
});
