import assert from 'node:assert/strict';
import { before, describe, mock, test } from 'node:test';

/** How loud it is at the microphone now. */
let loud = 0;

class FakeContext {
  state = 'running';
  createAnalyser = () => ({ fftSize: 0, getFloatTimeDomainData: (/** @type {Float32Array} */ all) => all.fill(loud) });
  createMediaStreamSource = () => ({ connect: () => undefined });
  close = async () => undefined;
}

class FakeElement extends EventTarget {
  isConnected = true;
  classList = { add: () => undefined };
  getAttribute = () => '';
  setAttribute = () => undefined;
  replaceChildren = () => undefined;
}

const stream = () => /** @type {any} */ ({ getAudioTracks: () => [{}] });

describe('the level of the microphone', () => {
  /** @type {any} */
  let VapMicMeter;
  before(async () => {
    mock.timers.enable({ apis: ['setInterval'] });
    Object.assign(globalThis, {
      HTMLElement: FakeElement,
      AudioContext: FakeContext,
      customElements: { define: () => undefined },
      document: { createElement: () => new FakeElement() },
    });
    ({ VapMicMeter } = await import('../../static/js/elements/mic-meter.js'));
  });

  test('says once of each stream that something was heard, and says so later to whoever asks', () => {
    const meter = new VapMicMeter();
    let told = 0;
    meter.addEventListener('vap-heard', () => (told += 1));
    const heard = (/** @type {number} */ level) => {
      loud = level;
      mock.timers.tick(300);
      return [meter.heard, told];
    };
    meter.connectedCallback();
    meter.stream = stream();
    assert.deepEqual(heard(0), [false, 0]);
    assert.deepEqual(heard(0.5), [true, 1]);
    assert.deepEqual(heard(0), [true, 1]);
    meter.stream = stream();
    assert.deepEqual(heard(0), [false, 1]);
    assert.deepEqual(heard(0.5), [true, 2]);
  });
});
