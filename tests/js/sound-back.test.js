import assert from 'node:assert/strict';
import { test } from 'node:test';

import { soundFigures } from '../../static/js/media/sound-back.js';

const LOUD = 0.18;
const back = (changes) => ({ type: 'inbound-rtp', kind: 'audio', packetsReceived: 200, packetsLost: 0, jitter: 0.004, ...changes });
const sent = { type: 'outbound-rtp', kind: 'audio', packetsSent: 200 };
const arrived = (changes) => ({ type: 'remote-inbound-rtp', kind: 'audio', packetsLost: 0, jitter: 0.002, ...changes });

test('a tone that is heard again is back, with the numbers of the worse direction', () => {
  assert.deepEqual(soundFigures([back(), sent, arrived({ packetsLost: 20 })], LOUD), {
    sound_back: true,
    sound_jitter_ms: 4,
    sound_loss_percent: 10,
  });
  const lossy = soundFigures([back({ packetsLost: 50, packetsReceived: 150 }), sent, arrived({ jitter: 0.031 })], LOUD);
  assert.deepEqual([lossy.sound_jitter_ms, lossy.sound_loss_percent], [31, 25]);
});

test('no sound is only where nothing came: silence may be the browser’s', () => {
  assert.equal(soundFigures([back(), sent], 0.001).sound_back, null);
  assert.deepEqual(soundFigures([back({ packetsReceived: 0, jitter: 0 }), sent], 0), {
    sound_back: false,
    sound_jitter_ms: null,
    sound_loss_percent: null,
  });
  assert.equal(soundFigures([], 0).sound_back, false);
});

test('what came twice is no loss below none, and a picture’s numbers are not the sound’s', () => {
  const twice = soundFigures([back({ packetsLost: -3 }), sent, { ...arrived({ packetsLost: 90 }), kind: 'video' }], LOUD);
  assert.equal(twice.sound_loss_percent, 0);
});
