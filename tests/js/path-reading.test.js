import assert from 'node:assert/strict';
import { test } from 'node:test';

import { toReading } from '../../static/js/media/path-reading.js';

const report = (...stats) => stats.map((stat, index) => [stat.id ?? String(index), stat]);
const pair = { id: 'pair', type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.08, availableOutgoingBitrate: 250_000 };
const transport = { type: 'transport', selectedCandidatePairId: 'pair' };
const heard = (kind, fractionLost, roundTripTime) => ({ type: 'remote-inbound-rtp', kind, fractionLost, roundTripTime });
const sent = (changes) => ({ type: 'outbound-rtp', kind: 'video', framesPerSecond: 12, qualityLimitationReason: 'none', ...changes });

test('a path is as bad as the worse of sound and picture', () => {
  const stats = report(transport, pair, heard('audio', 0.02, 0.3), heard('video', 0.12, 0.2), sent());
  assert.deepEqual(toReading(stats, 5), { at: 5, loss: 0.12, rttMs: 300, availableKbps: 250, framesPerSecond: 12, held: false });
});

test('a path that nobody has told of yet is known by its candidates alone', () => {
  const { loss, rttMs, framesPerSecond } = toReading(report(transport, pair), 5);
  assert.deepEqual([loss, rttMs, framesPerSecond], [null, 80, null]);
  const nothing = toReading(report(), 5);
  assert.deepEqual([nothing.loss, nothing.rttMs, nothing.availableKbps, nothing.held], [null, null, null, false]);
});

test('a browser without a transport says which pair it is by nominating it', () => {
  const other = { ...pair, id: 'other', nominated: false, availableOutgoingBitrate: 1 };
  assert.equal(toReading(report(other, pair), 5).availableKbps, 250);
});

test('a picture is held back by the path, not by the processor, and not while there is none', () => {
  const held = (changes) => toReading(report(sent(changes)), 5).held;
  assert.equal(held({ qualityLimitationReason: 'bandwidth' }), true);
  assert.equal(held({ qualityLimitationReason: 'cpu' }), false);
  assert.equal(held({ qualityLimitationReason: 'bandwidth', active: false }), false);
});
