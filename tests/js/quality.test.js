import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { QualityMonitor, toSample } from '../../static/js/media/quality.js';
import { isMoving } from '../../static/js/pages/quality-start.js';

const report = (changes = {}) => {
  const stats = {
    T: { type: 'transport', selectedCandidatePairId: 'P' },
    P: { type: 'candidate-pair', localCandidateId: 'L', currentRoundTripTime: 0.05, timestamp: 1_000 },
    L: { type: 'local-candidate', candidateType: 'host' },
    A: { type: 'inbound-rtp', kind: 'audio', timestamp: 1_000, bytesReceived: 1_000, packetsReceived: 100, packetsLost: 0, jitter: 0.004 },
    V: { type: 'inbound-rtp', kind: 'video', timestamp: 1_000, bytesReceived: 9_000, packetsReceived: 100, packetsLost: 0, jitter: 0.02, framesPerSecond: 24, freezeCount: 1, codecId: 'C' },
    O: { type: 'outbound-rtp', kind: 'audio', bytesSent: 4_000 },
    R: { type: 'remote-inbound-rtp', kind: 'audio', roundTripTime: 0.08, fractionLost: 0 },
    C: { type: 'codec', mimeType: 'video/VP8' },
    ...changes,
  };
  return Object.entries(stats);
};

test('a first sample has what needs no sample before it', () => {
  assert.deepEqual(toSample(report()).sample, {
    path: 'direct',
    codec: 'VP8',
    rtt_ms: 80,
    jitter_ms: 4,
    loss_percent: 0,
    in_kbps: null,
    out_kbps: null,
    frames_per_second: 24,
    freezes: 1,
  });
});

test('rates, loss and freezes count from the sample before', () => {
  const { counters } = toSample(report());
  const later = report({
    A: { type: 'inbound-rtp', kind: 'audio', timestamp: 11_000, bytesReceived: 21_000, packetsReceived: 170, packetsLost: 30, jitter: 0.004 },
    V: { type: 'inbound-rtp', kind: 'video', timestamp: 11_000, bytesReceived: 9_000, packetsReceived: 100, packetsLost: 0, freezeCount: 3 },
    O: { type: 'outbound-rtp', kind: 'audio', bytesSent: 14_000 },
  });
  const { sample } = toSample(later, counters);
  assert.equal(sample.in_kbps, 16);
  assert.equal(sample.out_kbps, 8);
  assert.equal(sample.loss_percent, 30);
  assert.equal(sample.freezes, 2);
  assert.equal(sample.frames_per_second, 0, 'a picture that should be there and is not');
});

test('what the other side lost counts as much', () => {
  const { sample } = toSample(report({ R: { type: 'remote-inbound-rtp', kind: 'audio', roundTripTime: 0.6, fractionLost: 0.125 } }));
  assert.equal(sample.loss_percent, 12.5);
  assert.equal(sample.rtt_ms, 600);
});

test('a relayed path says how the relay is reached', () => {
  const relayed = (relayProtocol) => toSample(report({ L: { candidateType: 'relay', relayProtocol } })).sample.path;
  assert.deepEqual(['udp', 'tcp', 'tls'].map(relayed), ['udp', 'tcp', 'tls']);
});

test('a call of sound alone has no frames to count', () => {
  const { sample } = toSample(report({ V: { type: 'none' } }));
  assert.equal(sample.frames_per_second, null);
  assert.equal(sample.freezes, null);
});

test('an empty report is no fault', () => {
  const { sample } = toSample([]);
  assert.equal(sample.rtt_ms, null);
  assert.equal(sample.loss_percent, null);
});

test('a picture that is off, held still or there to be read is no choppy one', () => {
  const moves = (someone) => isMoving({ camera: 'on', ...someone });
  assert.equal(moves({}), true);
  assert.equal(moves({ shows: 'camera' }), true);
  assert.equal(moves({ camera: 'off' }), false);
  assert.equal(moves({ shows: 'screen' }), false);
  assert.equal(moves({ shows: 'document' }), false);
  assert.equal(moves({ shows: 'document', still: true }), false);
  assert.equal(isMoving(null), false);
});

describe('the monitor', () => {
  /** A path whose connection has received 1 kB more at each look, a second apart. */
  const receiving = () => {
    let looks = 0;
    const stats = async () => {
      looks += 1;
      const sound = { type: 'inbound-rtp', kind: 'audio', timestamp: 1_000 * looks, bytesReceived: 1_000 * looks };
      return report({ A: sound, V: { type: 'none' } });
    };
    return { pc: 0, stats };
  };

  test('says nothing while there is no path, or it is not connected', async () => {
    let peer;
    const monitor = new QualityMonitor(() => peer);
    assert.equal(await monitor.sample(), null);
    peer = { pc: 0, stats: async () => null };
    assert.equal(await monitor.sample(), null);
  });

  test('compares with the look before, over the same connection to the same person', async () => {
    let peer = receiving();
    const monitor = new QualityMonitor(() => peer);
    const rate = async () => (await monitor.sample()).in_kbps;
    assert.deepEqual([await rate(), await rate()], [null, 8]);
    peer.pc = 1;
    assert.deepEqual([await rate(), await rate()], [null, 8]);
    peer = { ...receiving(), pc: 1 };
    assert.deepEqual([await rate(), await rate()], [null, 8]);
  });
});
