import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { stayAwake } from '../../static/js/pages/attention.js';

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
