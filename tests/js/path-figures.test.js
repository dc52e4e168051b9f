import assert from 'node:assert/strict';
import { test } from 'node:test';

import { figures } from '../../static/js/media/path-figures.js';
import { deviceKind } from '../../static/js/pages/device-kind.js';

test('a steady path has its delay, no jitter and no loss', () => {
  assert.deepEqual(figures(4, [40, 40, 40, 40]), { rtt_ms: 40, jitter_ms: 0, loss_percent: 0 });
});

test('one slow ping makes no slow path, but an unsteady one', () => {
  const { rtt_ms, jitter_ms } = figures(5, [40, 40, 140, 40, 40]);
  assert.equal(rtt_ms, 40);
  assert.equal(jitter_ms, 25);
});

test('what did not come back is lost', () => {
  assert.equal(figures(40, Array(30).fill(20)).loss_percent, 25);
  assert.deepEqual(figures(40, []), { rtt_ms: null, jitter_ms: null, loss_percent: 100 });
});

test('a path over which nothing was sent says nothing', () => {
  assert.deepEqual(figures(0, []), { rtt_ms: null, jitter_ms: null, loss_percent: null });
});

test('devices are told apart as coarsely as it helps', () => {
  const of = (userAgent, maxTouchPoints = 0) => deviceKind({ userAgent, maxTouchPoints });
  assert.equal(of('Mozilla/5.0 (Linux; Android 14; K) Chrome/130 Mobile Safari/537.36'), 'phone');
  assert.equal(of('Mozilla/5.0 (Linux; Android 14; K) Chrome/130 Safari/537.36'), 'tablet');
  assert.equal(of('Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Safari'), 'phone');
  assert.equal(of('Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari', 5), 'tablet');
  assert.equal(of('Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari'), 'desktop');
  assert.equal(of('Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/130'), 'desktop');
});
