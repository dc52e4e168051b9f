import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { EVENTS, HELD, isBroken, mend } from '../../static/js/media/mending.js';
import { FakeMediaStream } from './support/fake-connection.js';
import { FakeLine, STEP_MS } from './support/fake-line.js';

globalThis.MediaStream = FakeMediaStream;

/** Every cell that does something, after no renewal so far: what is done, and what is waited for then. */
const CELLS = {
  impolite: `
    held live: connecting 10000
    held renew: renew, held -
    connecting flowing: flowing -
    connecting disconnected: suspect 3000
    connecting stalled: restart, restarting 10000
    connecting failed: restart, restarting 10000
    connecting refused: connecting 500
    connecting due: renew, connecting 20000
    connecting renew: renew, connecting 20000
    flowing disconnected: suspect 3000
    flowing stalled: restart, restarting 10000
    flowing failed: restart, restarting 10000
    flowing refused: connecting 500
    flowing renew: renew, connecting 20000
    suspect flowing: flowing -
    suspect failed: restart, restarting 10000
    suspect refused: renewing 500
    suspect due: restart, restarting 10000
    suspect renew: renew, renewing 20000
    suspect cameBack: move, renewing 20000
    restarting flowing: flowing -
    restarting failed: restart, restarting 10000
    restarting refused: renewing 500
    restarting due: renew, renewing 20000
    restarting renew: renew, renewing 20000
    restarting cameBack: move, renewing 20000
    renewing flowing: flowing -
    renewing failed: restart, restarting 10000
    renewing refused: renewing 500
    renewing due: renew, renewing 20000
    renewing renew: renew, renewing 20000
    renewing cameBack: move, renewing 20000`,
  polite: `
    held live: connecting 20000
    held renew: renew, held -
    connecting flowing: flowing -
    connecting disconnected: yielding 10000
    connecting stalled: yielding 10000
    connecting failed: yielding 10000
    connecting refused: connecting 500
    connecting due: renew, connecting 40000
    connecting renew: renew, connecting 40000
    flowing disconnected: yielding 10000
    flowing stalled: yielding 10000
    flowing failed: yielding 10000
    flowing refused: connecting 500
    flowing renew: renew, connecting 40000
    yielding flowing: flowing -
    yielding failed: yielding 10000
    yielding refused: renewing 500
    yielding due: renew, renewing 40000
    yielding renew: renew, renewing 40000
    yielding cameBack: move, renewing 40000
    renewing flowing: flowing -
    renewing failed: yielding 10000
    renewing refused: renewing 500
    renewing due: renew, renewing 40000
    renewing renew: renew, renewing 40000
    renewing cameBack: move, renewing 40000`,
};

const STATES = ['held', 'connecting', 'flowing', 'suspect', 'restarting', 'yielding', 'renewing'];

const told = (step) => step && `${step.act ? `${step.act}, ` : ''}${step.state} ${step.waitMs ?? '-'}`;

/** All that a side can get into, and each step that leads there. */
function reachable(polite, renewalsUpTo) {
  const known = new Map([[JSON.stringify(HELD), HELD]]);
  const steps = [];
  for (const mending of known.values()) {
    for (const event of EVENTS) {
      const step = mend(mending, event, polite);
      if (!step) continue;
      steps.push({ mending, event, step });
      const { state, renewals } = step;
      if (renewals <= renewalsUpTo) known.set(JSON.stringify({ state, renewals }), { state, renewals });
    }
  }
  return steps;
}

for (const [side, cells] of Object.entries(CELLS)) {
  const polite = side === 'polite';

  describe(`the ${side} side`, () => {
    const expected = new Map(cells.trim().split('\n').map((line) => line.trim().split(': ')));

    for (const state of STATES) {
      test(`does what is listed for each event when ${state}, and nothing else`, () => {
        for (const event of EVENTS) {
          const step = mend({ state, renewals: 0 }, event, polite);
          assert.equal(told(step), expected.get(`${state} ${event}`) ?? null, event);
        }
      });
    }

    test('is never without something to wait for while it may negotiate and nothing flows', () => {
      const steps = reachable(polite, 12);
      assert.ok(steps.length > 100);
      for (const { mending, event, step } of steps) {
        const rests = step.state === 'flowing' || step.state === 'held';
        assert.equal(step.waitMs === null, rests, `${mending.state} ${event}`);
        assert.ok(step.waitMs === null || (step.waitMs >= 500 && step.waitMs <= 60_000));
        if (!rests) assert.ok(mend(step, 'due', polite).act, `${step.state} due`);
      }
    });

    test('counts the generations that it begins, until something flows', () => {
      for (const { mending, step } of reachable(polite, 12)) {
        const begins = step.act === 'renew' || step.act === 'move';
        assert.equal(step.renewals, step.state === 'flowing' ? 0 : mending.renewals + (begins ? 1 : 0));
      }
    });

    test('waits twice as long after each generation, and never more than a minute', () => {
      const waits = (state, event) =>
        [0, 1, 2, 3, 9, 2_000].map((renewals) => mend({ state, renewals }, event, polite).waitMs);
      const attempts = polite
        ? [20_000, 40_000, 60_000, 60_000, 60_000, 60_000]
        : [10_000, 20_000, 40_000, 60_000, 60_000, 60_000];
      assert.deepEqual(waits('held', 'live'), attempts);
      assert.deepEqual(waits('connecting', 'due'), [...attempts.slice(1, 4), 60_000, 60_000, 60_000]);
      assert.deepEqual(waits('flowing', 'refused'), [500, 1_000, 2_000, 4_000, 60_000, 60_000]);
    });
  });
}

test('the polite side never restarts ICE: what would give way to a restart of the other side is never made', () => {
  assert.ok(reachable(false, 12).some(({ step }) => step.act === 'restart'));
  assert.ok(reachable(true, 12).every(({ step }) => step.act !== 'restart'));
});

test('a path counts as broken from the first doubt until something flows', () => {
  const broken = STATES.filter((state) => isBroken({ state, renewals: 0 }));
  assert.deepEqual(broken, ['suspect', 'restarting', 'yielding', 'renewing']);
});

/** The same numbers for the same seed (mulberry32). */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const WRONGS = ['media', 'line', 'both', 'moves', 'another way', 'refuses', 'is slow', 'renews'];

/** Let something go wrong as it does in a call, and mostly come right after a while. */
async function goWrong(line, random) {
  const end = line.ends[random() < 0.5 ? 0 : 1];
  const forMs = 250 + random() ** 2 * 70_000;
  const what = WRONGS[Math.floor(random() * WRONGS.length)];
  if (what === 'media' || what === 'both') line.carries = false;
  if (what === 'line' || what === 'both' || what === 'moves') end.online = false;
  if (what === 'moves' || what === 'another way') line.network += 1;
  if (what === 'refuses') end.feel(Promise.reject(new Error('no such description')));
  if (what === 'is slow') end.feel(new Promise((resolve) => setTimeout(resolve, forMs)));
  if (what === 'renews') end.peer.renew();
  await line.run(what === 'moves' ? Math.min(forMs, 4_000) : forMs);
  if (random() < 0.8) makeGood(line, random);
}

/** Whatever went wrong is over; whose line was away may have missed messages. */
function makeGood(line, random) {
  const resumed = random() < 0.7;
  line.carries = true;
  for (const end of line.ends) {
    end.feel(undefined);
    line.comeBack(end, resumed);
  }
}

const SEEDS = 24;
const LONGEST_WAIT_MS = 60_000;

describe('two peers over a line that cannot be trusted', () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    test(`are connected soon after it is good again, and stay so (${seed})`, async (t) => {
      t.mock.timers.enable({ apis: ['setTimeout'] });
      const random = numbers(seed);
      const latencyMs = [0, 250, 500, 1_500][Math.floor(random() * 4)];
      const line = new FakeLine({ timers: t.mock.timers, latencyMs, plays: random() < 0.5 });
      line.begin();
      await line.run(random() * 5_000);
      for (let left = 1 + Math.floor(random() * 8); left > 0; left -= 1) await goWrong(line, random);
      makeGood(line, random);

      const attempts = line.attempts;
      // Whoever waits longest begins, and another attempt may still take the place of that one.
      const soonMs = LONGEST_WAIT_MS + 2 * (3 * (latencyMs + STEP_MS) + 2_000);
      const goodAtMs = line.nowMs;
      while (!line.isWell && line.nowMs - goodAtMs < soonMs) await line.step();
      assert.ok(line.isWell, `not within ${soonMs} ms`);
      assert.ok(line.attempts - attempts <= 5, `${line.attempts - attempts} attempts`);

      const enough = line.attempts;
      await line.run(2 * LONGEST_WAIT_MS);
      assert.ok(line.isWell);
      assert.equal(line.attempts, enough, 'what is well is left alone');
      for (const { peer } of line.ends) peer.close();
    });
  }
});
