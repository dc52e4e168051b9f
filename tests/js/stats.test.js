import assert from 'node:assert/strict';
import { test } from 'node:test';

import { summarise } from '../../static/js/media/stats.js';

/** A report as browsers give it, `seconds` into a call. */
const report = (seconds, { lost = 0, candidateType = 'host' } = {}) =>
  Object.entries({
    transport: { type: 'transport', selectedCandidatePairId: 'pair' },
    pair: { type: 'candidate-pair', currentRoundTripTime: 0.0424, localCandidateId: 'local' },
    local: { type: 'local-candidate', candidateType },
    sound: {
      type: 'inbound-rtp',
      kind: 'audio',
      timestamp: seconds * 1_000,
      bytesReceived: seconds * 4_000,
      packetsReceived: seconds * 50,
      packetsLost: 0,
    },
    picture: {
      type: 'inbound-rtp',
      kind: 'video',
      timestamp: seconds * 1_000,
      bytesReceived: seconds * 100_000,
      packetsReceived: seconds * 50,
      packetsLost: lost,
      frameWidth: 640,
      frameHeight: 360,
      framesPerSecond: 30,
    },
  });

test('a first sample knows the moment, a second one the rates between', () => {
  const first = summarise(report(10));
  assert.deepEqual(first.summary, {
    roundTripMs: 42,
    inboundKbps: null,
    lostPercent: null,
    width: 640,
    height: 360,
    framesPerSecond: 30,
    relayed: false,
  });
  const { summary } = summarise(report(12, { lost: 10 }), first.counters);
  assert.equal(summary.inboundKbps, 832);
  assert.equal(summary.lostPercent, 4.8);
});

test('a path over TURN is told apart', () => {
  assert.equal(summarise(report(1, { candidateType: 'relay' })).summary.relayed, true);
});

test('before anything arrives everything is unknown', () => {
  const { summary } = summarise([]);
  assert.deepEqual(Object.values(summary), [null, null, null, null, null, null, false]);
});

test('two samples of the same moment have no rates', () => {
  const { counters } = summarise(report(5));
  assert.equal(summarise(report(5), counters).summary.inboundKbps, null);
});
