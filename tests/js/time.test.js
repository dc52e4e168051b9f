import assert from 'node:assert/strict';
import { test } from 'node:test';

import { clockText, everySecond, spanText, splitDuration, timeOfDay } from '../../static/js/lib/time.js';

const HOUR = 3_600_000;
const plain = (text) => text.replace(/[\u200e\u200f]/g, '').replace(/[\u202f\u00a0]/g, ' ');

test('a span is split into whole parts and never negative', () => {
  assert.deepEqual(splitDuration(90_061_999), { days: 1, hours: 1, minutes: 1, seconds: 1 });
  assert.deepEqual(splitDuration(-5), { days: 0, hours: 0, minutes: 0, seconds: 0 });
});

test('a clock shows hours only when there are some', () => {
  assert.equal(clockText(0), '0:00');
  assert.equal(clockText(65_000), '1:05');
  assert.equal(clockText(HOUR + 5_000), '1:00:05');
  assert.equal(clockText(25 * HOUR), '25:00:00');
});

test('a long span is said in its two coarsest units, with Arabic plurals', () => {
  assert.equal(spanText(2 * 24 * HOUR + 3 * HOUR, 'en'), '2 days, 3 hours');
  assert.match(spanText(2 * 24 * HOUR, 'ar'), /^يومان$/);
  assert.match(spanText(24 * HOUR + 59_000, 'en'), /^1 day$/);
  assert.equal(spanText(0, 'en'), '0 seconds');
});

test('the time of day is that of the zone it is asked for, in Latin digits', () => {
  const noon = Date.UTC(2026, 8, 28, 5, 5);
  assert.equal(plain(timeOfDay(noon, 'ar', 'Asia/Dubai')), '9:05 ص');
  assert.equal(plain(timeOfDay(noon, 'en', 'Asia/Dubai')), '9:05 am');
  assert.equal(plain(timeOfDay(noon, 'en', 'Europe/Berlin')), '7:05 am');
});

test('a tick comes at once and each second until the signal aborts', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const stop = new AbortController();
  let ticks = 0;
  everySecond(() => (ticks += 1), stop.signal);
  t.mock.timers.tick(2_000);
  stop.abort();
  t.mock.timers.tick(5_000);
  assert.equal(ticks, 3);
});
