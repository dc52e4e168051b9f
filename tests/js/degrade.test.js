import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { limitsOf, next, standing, STEPS } from '../../static/js/media/degrade.js';

const GOOD = { loss: 0, rttMs: 40, availableKbps: 2_000, framesPerSecond: 30, held: false };
const NAMES = STEPS.map(({ name }) => name);

/** Feed a path one reading every two seconds and return the steps it took, each with the second it took it. */
function history(...phases) {
  let now = standing(0);
  let at = 0;
  const steps = [];
  for (const [seconds, changes] of phases) {
    for (const until = at + seconds * 1_000; at < until; ) {
      at += 2_000;
      const before = now.step;
      const reading = typeof changes === 'function' ? changes(now.step) : changes;
      now = next(now, { ...GOOD, ...reading, at });
      if (now.step !== before) steps.push([at / 1_000, NAMES[now.step]]);
    }
  }
  return steps;
}

describe('the table', () => {
  test('gets no better on any way down, and ends in sound alone', () => {
    for (const read of [false, true]) {
      const limits = STEPS.map((_, step) => limitsOf(step, read));
      for (const [index, worse] of limits.slice(1).entries()) {
        const better = limits[index];
        assert.ok(worse.scale >= better.scale || !worse.picture);
        assert.ok(worse.framesPerSecond <= better.framesPerSecond || !worse.picture);
        assert.ok(STEPS[index + 1].needsKbps < STEPS[index].needsKbps);
      }
      assert.deepEqual(limits.map(({ picture }) => picture), [true, true, true, false]);
    }
  });

  test('first makes a face smaller, then slower; what is read stays sharp', () => {
    const [, smaller, slower] = STEPS;
    assert.deepEqual([smaller.face.scale, slower.face.scale], [2, 2]);
    assert.ok(slower.face.framesPerSecond < smaller.face.framesPerSecond);
    assert.deepEqual(STEPS.map(({ page }) => page.scale), [1, 1, 1, 1]);
  });

  test('knows no step outside of it', () => {
    assert.throws(() => limitsOf(4, false), RangeError);
  });
});

describe('a picture gives way', () => {
  const cases = [
    ['to loss', { loss: 0.2 }],
    ['to a long way', { rttMs: 1_500 }],
  ];
  for (const [why, trouble] of cases) {
    test(`${why}, a step at a time, down to sound and no further`, () => {
      assert.deepEqual(history([40, trouble]), [[6, 'smaller'], [12, 'slower'], [18, 'sound']]);
    });
  }

  test('to a narrow path at once as far as it must, but not to a first guess', () => {
    assert.deepEqual(history([14, { availableKbps: 100 }]), [[12, 'slower']]);
    assert.deepEqual(history([14, { availableKbps: 50 }]), [[12, 'sound']]);
    assert.deepEqual(history([6, { availableKbps: 50 }], [30, {}]), []);
  });

  test('when the browser can hardly keep it moving, unless that is the processor’s fault', () => {
    assert.deepEqual(history([14, { framesPerSecond: 4, held: true }]), [[12, 'smaller']]);
    assert.deepEqual(history([30, { framesPerSecond: 4, held: false }]), []);
  });

  test('to nothing that passes quickly', () => {
    const glitch = [2, { loss: 0.5 }];
    assert.deepEqual(history([20, {}], glitch, [4, {}], glitch, [4, {}], glitch, [20, {}]), []);
  });

  test('to nothing that is not known', () => {
    assert.deepEqual(history([60, { loss: null, rttMs: null, availableKbps: null, framesPerSecond: null }]), []);
  });
});

describe('a picture comes back', () => {
  test('a step at a time once it has been calm for a while', () => {
    const steps = history([20, { loss: 0.2 }], [40, {}]);
    assert.deepEqual(steps.slice(3), [[30, 'slower'], [40, 'smaller'], [50, 'full']]);
  });

  test('not while the path is neither bad nor calm', () => {
    const between = { loss: 0.05 };
    assert.deepEqual(history([6, { loss: 0.2 }], [200, between]), [[6, 'smaller']]);
  });

  test('not while the browser has to hold back even what is left of it', () => {
    assert.deepEqual(history([6, { loss: 0.2 }], [200, { held: true }]), [[6, 'smaller']]);
  });

  test('later each time that it did not last, and no later than a minute', () => {
    // A path that carries a small picture, and not a full one.
    const narrow = (step) => ({ availableKbps: step === 0 ? 200 : 340 });
    const ups = history([600, narrow]).filter(([, name]) => name === 'full').map(([second]) => second);
    const waits = ups.slice(1).map((second, index) => second - ups[index]);
    assert.deepEqual(waits.slice(0, 3).map((wait, index) => wait > (waits[index - 1] ?? 0)), [true, true, true]);
    assert.ok(waits.every((wait) => wait <= 64 + 8), String(waits));
  });

  test('as soon as before after it has lasted', () => {
    const narrow = (step) => ({ availableKbps: step === 0 ? 200 : 340 });
    const steps = history([60, narrow], [120, {}], [10, { loss: 0.2 }], [20, {}]);
    const [[fell], [rose]] = steps.slice(-2);
    assert.ok(rose - fell <= 20, String(steps));
  });
});
