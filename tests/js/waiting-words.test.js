import assert from 'node:assert/strict';
import { test } from 'node:test';

import { timeRange } from '../../static/js/lib/time.js';
import { INITIAL } from '../../static/js/media/call-state.js';
import { isCalled } from '../../static/js/pages/room-view.js';
import { minuteState, outlookView } from '../../static/js/pages/waiting-words.js';

/** @import { Outlook, ParticipantView } from '../../static/js/signaling/messages.js' */

const ZONE = 'Asia/Dubai';
const NINE = Date.UTC(2026, 8, 28, 5, 0); // 9:00 in Dubai
const MINUTE = 60_000;

/**
 * @param {Partial<Outlook>} changes
 * @returns {Outlook}
 */
const outlook = (changes) => ({ type: 'outlook', ...changes });

/**
 * @param {Partial<ParticipantView>} changes
 * @returns {ParticipantView}
 */
const self = (changes) => ({
  id: 'customer',
  name: 'Customer 1',
  stage: 'waiting',
  online: true,
  host: false,
  microphone: 'on',
  camera: 'on',
  ...changes,
});

test('a range is in the zone it is asked for', () => {
  const to = NINE + 20 * MINUTE;
  assert.deepEqual(timeRange(NINE, to, 'en', 'Europe/Berlin'), { start: '7:00', end: '7:20\u00a0am' });
});

test('a range says the half of the day once where both times are in it', () => {
  const to = NINE + 20 * MINUTE;
  assert.deepEqual(timeRange(NINE + 10 * MINUTE, to, 'ar', ZONE), { start: '9:10', end: '9:20\u00a0ص' });
  assert.deepEqual(timeRange(NINE + 10 * MINUTE, to, 'en', ZONE), { start: '9:10', end: '9:20\u00a0am' });
  const noon = NINE + 180 * MINUTE;
  assert.deepEqual(timeRange(noon - 5 * MINUTE, noon + 5 * MINUTE, 'ar', ZONE), { start: '11:55\u00a0ص', end: '12:05\u00a0م' });
});

test('what is minutes away is not told as a range', () => {
  const told = outlook({ earliestAt: NINE + 10 * MINUTE, latestAt: NINE + 20 * MINUTE, before: 2 });
  assert.deepEqual(outlookView(told, NINE, 'en', ZONE), {
    when: { key: 'say.waiting.between', values: { start: '9:10', end: '9:20\u00a0am' } },
    before: 2,
    late: false,
  });
  const near = outlookView(told, NINE + 6 * MINUTE, 'en', ZONE);
  assert.deepEqual(near.when, { key: 'say.waiting.soon', values: { end: '9:20\u00a0am' } });
});

test('nobody is told a time or a place that is not known', () => {
  assert.deepEqual(outlookView(outlook({ late: true, before: 3 }), NINE, 'ar', ZONE), {
    when: { key: 'say.waiting.unknown', values: {} },
    before: null,
    late: true,
  });
  const unknown = outlookView(outlook({ earliestAt: NINE, latestAt: NINE + 5 * MINUTE }), NINE, 'ar', ZONE);
  assert.equal(unknown.before, null);
});

test('one is called when chosen, and when summoned while away, and not in the call', () => {
  const cells = /** @type {const} */ ([
    ['preparing', 0, true],
    ['waiting', 0, false],
    ['waiting', NINE, true],
    ['in_call', NINE, false],
    ['left', NINE, false],
  ]);
  for (const [phase, summonedUntil, called] of cells) {
    assert.equal(isCalled({ ...INITIAL, phase, self: self({ summonedUntil }) }), called, phase);
  }
  assert.equal(isCalled({ ...INITIAL, phase: 'waiting' }), false);
});

test('a minute is free, then runs, then is over', () => {
  assert.equal(minuteState(null, NINE), 'free');
  assert.equal(minuteState(self({}), NINE), 'free');
  assert.equal(minuteState(self({ minuteUntil: NINE + 1 }), NINE), 'running');
  assert.equal(minuteState(self({ minuteUntil: NINE }), NINE), 'over');
});
