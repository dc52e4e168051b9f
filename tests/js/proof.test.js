import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { agreeOnCode, fingerprint, ProofFailed } from '../../static/js/media/proof.js';

const sdp = (byte, hash = 'sha-256', count = 32) =>
  `v=0\r\na=fingerprint:${hash} ${Array(count).fill(byte).join(':')}\r\n`;

/** Two ends of one wire; `between` may change, keep back (null) or add what goes over it. */
function wire(between = (told) => told) {
  const ends = [0, 1].map((from) => {
    const early = [];
    return {
      early,
      reader: null,
      sent: [],
      send(told) {
        this.sent.push(told);
        const arrives = between(told, from);
        const there = ends[1 - from];
        for (const each of [arrives].flat()) {
          if (each === null) continue;
          if (there.reader) there.reader(each);
          else there.early.push(each);
        }
        return true;
      },
      read(reader) {
        this.reader = reader;
        for (const told of early.splice(0)) reader(told);
      },
    };
  });
  return ends;
}

const nonce = (byte) => () => new Uint8Array(32).fill(byte);
const end = (proof, local, remote, options) =>
  agreeOnCode({ proof, descriptions: () => ({ local: sdp(local), remote: sdp(remote) }) }, options);

describe('the code', () => {
  test('is the same on both sides, whoever begins', async () => {
    for (const [mine, theirs] of [['0A', 'B0'], ['B0', '0A']]) {
      const [a, b] = wire();
      const codes = await Promise.all([end(a, mine, theirs), end(b, theirs, mine)]);
      assert.match(codes[0], /^\d{6}$/);
      assert.equal(codes[0], codes[1]);
    }
  });

  test('is the one that docs/privacy.md gives as an example', async () => {
    const [a, b] = wire();
    const codes = await Promise.all([
      end(a, '0A', 'B0', { random: nonce(1) }),
      end(b, 'B0', '0A', { random: nonce(2) }),
    ]);
    assert.deepEqual(codes, ['221125', '221125']);
  });

  test('is another with another certificate, and with another exchange', async () => {
    const code = async (mine, theirs, one, two) => {
      const [a, b] = wire();
      const codes = [end(a, mine, theirs, { random: nonce(one) }), end(b, theirs, mine, { random: nonce(two) })];
      return (await Promise.all(codes))[0];
    };
    const codes = await Promise.all([
      code('0A', 'B0', 1, 2), code('0A', 'B1', 1, 2), code('0B', 'B0', 1, 2), code('0A', 'B0', 3, 2),
      code('0A', 'B0', 1, 3),
    ]);
    assert.equal(new Set(codes).size, codes.length);
  });
});

describe('somebody in the middle', () => {
  test('who hands everything on is seen: each side has another certificate before it', async () => {
    const [a, b] = wire();
    const [seenByA, seenByB] = await Promise.all([
      end(a, '0A', 'C1', { random: nonce(1) }),
      end(b, 'D0', '0C', { random: nonce(2) }),
    ]);
    assert.notEqual(seenByA, seenByB);
  });

  test('gets different codes on both sides when he plays the other end to each', async () => {
    const [a, throughA] = wire();
    const [throughB, b] = wire();
    const towards = (channel, own, other, byte) => end(channel, own, other, { random: nonce(byte) });
    const [seenByA, , , seenByB] = await Promise.all([
      towards(a, '0A', 'C1', 1), towards(throughA, 'C1', '0A', 7),
      towards(throughB, 'C2', '0B', 7), towards(b, '0B', 'C2', 2),
    ]);
    assert.notEqual(seenByA, seenByB);
  });

  test('cannot try nonces until the codes agree: what was committed to is what counts', async () => {
    const lie = JSON.stringify({ reveal: '07'.repeat(32) });
    const [a, b] = wire((told) => (told.includes('reveal') ? lie : told));
    const [, seen] = await Promise.allSettled([end(a, '0A', 'B0'), end(b, 'B0', '0A')]);
    assert.ok(seen.reason instanceof ProofFailed);
  });

  test('learns no nonce of the answering end before he is bound to his own', async () => {
    const [a, b] = wire((told) => (told.includes('commit') ? JSON.stringify({ reveal: '07'.repeat(32) }) : told));
    void end(a, '0A', 'B0');
    await assert.rejects(end(b, 'B0', '0A'), ProofFailed);
    assert.deepEqual(b.sent, []);
  });

  test('learns no nonce of the committing end before he has given his own', async () => {
    const [a] = wire(() => null);
    void end(a, '0A', 'B0');
    while (!a.sent.length) await new Promise((resolve) => setImmediate(resolve));
    await crypto.subtle.digest('SHA-256', new Uint8Array(1)); // as long as the next step would take
    assert.deepEqual(a.sent.map((told) => Object.keys(JSON.parse(told))), [['commit']]);
  });

  test('who sends what was said back to its sender gets nowhere', async () => {
    const [a] = wire();
    await assert.rejects(end(a, '0A', '0A'), ProofFailed);
  });
});

for (const [what, told] of [
  ['no JSON', 'commit'],
  ['bytes', new ArrayBuffer(32)],
  ['nothing', 'null'],
  ['a short commitment', JSON.stringify({ commit: 'ab' })],
  ['capital letters', JSON.stringify({ commit: 'AB'.repeat(32) })],
]) {
  test(`${what} instead of a commitment gives no code`, async () => {
    const [a, b] = wire();
    const waiting = end(b, 'B0', '0A');
    a.send(told);
    await assert.rejects(waiting, ProofFailed);
    assert.deepEqual(b.sent, []);
  });
}

describe('a fingerprint', () => {
  test('may stand in every section, if it is one', () => {
    assert.deepEqual(fingerprint(sdp('0a') + sdp('0A')), new Uint8Array(32).fill(10));
  });

  for (const [what, text] of [
    ['two', sdp('0A') + sdp('0B')],
    ['two hashes of one', sdp('0A') + sdp('0A', 'sha-384', 48)],
    ['a weak hash', sdp('0A', 'sha-1', 20)],
    ['a short value', sdp('0A', 'sha-256', 31)],
    ['none', 'v=0\r\n'],
  ]) {
    test(`is not guessed: ${what}`, () => assert.throws(() => fingerprint(text), ProofFailed));
  }
});
