import assert from 'node:assert/strict';
import { beforeEach, describe, mock, test } from 'node:test';

import { Bell, stayAwake } from '../../static/js/pages/attention.js';

let locks;
let over;
let fails;

const turns = async () => {
  for (let i = 0; i < 5; i += 1) await Promise.resolve();
};
const held = () => locks.filter(({ released }) => !released).length;

/** The page goes out of sight, as when another app is opened, and comes back; the system takes locks meanwhile. */
async function see(visible) {
  document.hidden = !visible;
  if (!visible) for (const lock of locks) lock.released = true;
  document.dispatchEvent(new Event('visibilitychange'));
  await turns();
}

beforeEach(() => {
  locks = [];
  fails = false;
  over = new AbortController();
  globalThis.document = Object.assign(new EventTarget(), { hidden: false });
  const request = async (kind) => {
    assert.equal(kind, 'screen');
    if (fails) throw new Error('NotAllowedError');
    const lock = { released: false, release: async () => void (lock.released = true) };
    locks.push(lock);
    return lock;
  };
  Object.defineProperty(globalThis, 'navigator', { value: { wakeLock: { request } }, configurable: true });
});

describe('the screen stays on', () => {
  test('from the beginning, and again after each return to the page', async () => {
    stayAwake(over.signal);
    await turns();
    assert.equal(held(), 1);
    for (let i = 0; i < 3; i += 1) {
      await see(false);
      assert.equal(held(), 0);
      await see(true);
      assert.equal(held(), 1);
    }
  });

  test('until the call is over, and not a moment longer', async () => {
    stayAwake(over.signal);
    await turns();
    over.abort();
    assert.equal(held(), 0);
    await see(false);
    await see(true);
    assert.equal(held(), 0);
  });

  test('not after a call that is over before the lock is there', async () => {
    stayAwake(over.signal);
    over.abort();
    await turns();
    assert.deepEqual([locks.length, held()], [1, 0]);
  });

  test('as soon as the system allows it, where it did not at first', async () => {
    fails = true;
    stayAwake(over.signal);
    await turns();
    fails = false;
    await see(false);
    await see(true);
    assert.equal(held(), 1);
  });

  test('as it would without us, where the browser knows no lock', () => {
    Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
    stayAwake(over.signal);
  });
});

describe('the bell', () => {
  let contexts;
  let allows;
  let shaken;

  class FakeContext {
    state = 'suspended';
    currentTime = 0;
    destination = {};
    tones = 0;

    constructor() {
      contexts.push(this);
    }

    /** As browsers do: what is not allowed yet waits, maybe for ever. */
    resume() {
      return new Promise((resolve) => {
        this.allow = () => {
          this.state = 'running';
          resolve();
        };
        if (allows) this.allow();
      });
    }

    createOscillator() {
      return { frequency: {}, connect: (node) => node, start: () => (this.tones += 1), stop() {} };
    }

    createGain() {
      return { gain: { setValueAtTime() {}, exponentialRampToValueAtTime() {} }, connect: (node) => node };
    }
  }

  beforeEach(() => {
    mock.timers.reset();
    mock.timers.enable({ apis: ['setTimeout'] });
    contexts = [];
    allows = true;
    shaken = 0;
    globalThis.AudioContext = FakeContext;
    const value = { userActivation: { hasBeenActive: true }, vibrate: () => (shaken += 1) };
    Object.defineProperty(globalThis, 'navigator', { value, configurable: true });
  });

  test('rings after a press, and on a page that may make a sound without one', async () => {
    const armed = new Bell();
    armed.arm();
    await armed.ring();
    await new Bell().ring();
    assert.deepEqual(contexts.map(({ tones }) => tones), [2, 2]);
  });

  test('rings though the phone had stopped all sound for a call of its own', async () => {
    const bell = new Bell();
    bell.arm();
    contexts[0].state = 'interrupted';
    await bell.ring();
    assert.deepEqual([contexts.length, contexts[0].tones], [1, 2]);
  });

  test('where no sound is allowed shakes the phone, and does not ring minutes later', async () => {
    allows = false;
    const ringing = new Bell().ring();
    mock.timers.tick(500);
    await ringing;
    contexts[0].allow();
    await turns();
    assert.deepEqual([shaken, contexts[0].tones], [1, 0]);
  });

  test('shakes no phone that nobody has touched: browsers call that a fault', async () => {
    navigator.userActivation.hasBeenActive = false;
    await new Bell().ring();
    assert.equal(shaken, 0);
  });
});
