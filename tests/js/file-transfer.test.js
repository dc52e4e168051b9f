import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { MAX_FILE_BYTES } from '../../static/js/media/file-kinds.js';
import { bytesSent, path, pdf, PDF, sha256, side, turn, until, words } from './support/file-sides.js';

let customer;
let agent;

beforeEach(() => {
  customer = side({ heeds: true });
  agent = side();
});

function connect(meddle) {
  const ends = path(meddle);
  customer.transfer.use(ends[0]);
  agent.transfer.use(ends[1]);
  return ends;
}

describe('a file', () => {
  test('gets there whole, with its name and its type', async () => {
    const [out] = connect();
    assert.equal(await customer.transfer.send(pdf(100_000)), null);
    await until(() => customer.last.state === 'done');
    const { state, name, kind, moved, blob, direction } = agent.last;
    assert.deepEqual([state, name, kind, moved, direction], ['done', 'plan.pdf', 'application/pdf', 100_000, 'in']);
    assert.equal(await blob.text(), PDF.padEnd(100_000, 'x'));
    assert.equal(blob.type, 'application/pdf');
    assert.deepEqual(words(out).map(({ type }) => type), ['offer']);
    const moves = agent.histories.get(agent.last.id).map((view) => view.moved);
    assert.deepEqual(moves, [...moves].sort((a, b) => a - b), 'progress only grows');
  });

  test('may go the other way at the same time', async () => {
    connect();
    await Promise.all([customer.transfer.send(pdf(50_000)), agent.transfer.send(pdf(60_000, 'form.pdf'))]);
    await until(() => [...customer.views, ...agent.views].every(({ state }) => state === 'done'));
    assert.deepEqual(customer.views.map(({ direction, name }) => [direction, name]).sort(), [
      ['in', 'form.pdf'],
      ['out', 'plan.pdf'],
    ]);
  });

  test('waits for those before it', async () => {
    const [out] = connect();
    for (const name of ['one.pdf', 'two.pdf', 'three.pdf']) await customer.transfer.send(pdf(20_000, name));
    await until(() => agent.views.length === 3 && agent.views.every(({ state }) => state === 'done'));
    assert.deepEqual(words(out).map(({ name }) => name), ['one.pdf', 'two.pdf', 'three.pdf']);
  });

  test('is not pushed faster than it leaves', async () => {
    const [out] = connect();
    let leave;
    out.blocked = new Promise((resolve) => (leave = resolve));
    await customer.transfer.send(pdf(300_000));
    for (let i = 0; i < 5; i += 1) await turn();
    assert.equal(bytesSent(out), 0);
    leave();
    await until(() => agent.last?.state === 'done');
  });

  for (const [what, file, why] of [
    ['of more than 20 MB', new File([new Uint8Array(MAX_FILE_BYTES + 1)], 'big.pdf'), 'size'],
    ['of another type', new File(['<html><script>alert(1)</script>'], 'plan.pdf'), 'type'],
    ['without a byte', new File([], 'plan.pdf'), 'type'],
  ]) {
    test(`${what} is not even offered`, async () => {
      const [out] = connect();
      assert.equal(await customer.transfer.send(file), why);
      assert.deepEqual([out.sent, customer.views], [[], []]);
    });
  }

  test('that can no longer be read is not offered', async () => {
    connect();
    const gone = pdf(100);
    gone.slice = () => ({ arrayBuffer: () => Promise.reject(new Error('NotReadableError')) });
    assert.equal(await customer.transfer.send(gone), 'unreadable');
  });
});

describe('whoever sends something else than was said', () => {
  const offer = (changes) => ({
    ...{ type: 'offer', id: 'file-0001', name: 'plan.pdf', size: 100, kind: 'application/pdf' },
    ...{ sha256: sha256(PDF.padEnd(100, 'x')) },
    ...changes,
  });

  /** A page that is not ours, and what our page answers. */
  function against() {
    const [evil, ours] = path();
    agent.transfer.use(ours);
    evil.read(() => undefined);
    return {
      say: (message) => evil.send(JSON.stringify(message)),
      bytes: (text) => evil.send(new TextEncoder().encode(text).buffer),
      raw: (told) => evil.send(told),
      answers: () => words(ours).map(({ type, why }) => (why ? `${type} ${why}` : type)),
    };
  }

  for (const [what, changes, answer] of [
    ['more than may be sent', { size: MAX_FILE_BYTES + 1 }, 'refuse size'],
    ['nothing at all', { size: 0 }, 'refuse size'],
    ['less than nothing', { size: -1 }, 'refuse size'],
    ['a web page', { kind: 'text/html' }, 'refuse type'],
    ['a property of an object', { kind: 'constructor' }, 'refuse type'],
  ]) {
    test(`is refused before a byte has come: ${what}`, async () => {
      const { say, answers } = against();
      say(offer(changes));
      await turn();
      assert.deepEqual(answers(), [answer]);
      assert.deepEqual(agent.views, []);
    });
  }

  test('is refused at the first bytes when they are of another type', async () => {
    const { say, bytes, answers } = against();
    say(offer());
    bytes('<html>');
    bytes('<script>alert(1)');
    await turn();
    assert.deepEqual(answers(), ['accept', 'refuse type']);
    assert.deepEqual([agent.last.state, agent.last.why, agent.last.blob], ['failed', 'type', null]);
  });

  test('is refused when more comes than was said', async () => {
    const { say, bytes, answers } = against();
    say(offer());
    bytes(PDF.padEnd(101, 'x'));
    await turn();
    assert.deepEqual(answers(), ['accept', 'refuse size']);
  });

  test('gets a file there also byte by byte, and nothing by messages without any', async () => {
    const { say, bytes, answers } = against();
    say(offer());
    await turn();
    const before = agent.histories.get('file-0001').length;
    for (let number = 0; number < 10_000; number += 1) bytes('');
    await turn();
    assert.equal(agent.histories.get('file-0001').length, before, 'nothing is shown anew');
    for (const byte of PDF.padEnd(100, 'x')) bytes(byte);
    await until(() => answers().length === 2);
    assert.deepEqual(answers(), ['accept', 'received']);
    assert.equal(await agent.last.blob.text(), PDF.padEnd(100, 'x'));
    bytes('more');
    bytes('');
    await turn();
    assert.deepEqual([agent.last.state, answers().length], ['done', 2]);
  });

  test('is refused when a byte differs', async () => {
    const { say, bytes, answers } = against();
    say(offer());
    bytes(PDF.padEnd(100, 'y'));
    await until(() => answers().length === 2);
    assert.deepEqual(answers(), ['accept', 'refuse checksum']);
    assert.equal(agent.last.blob, null);
  });

  test('cannot fill the memory with files', async () => {
    const { say, bytes, answers } = against();
    for (let number = 10; number < 50; number += 1) {
      say(offer({ id: `file-00${number}` }));
      bytes(PDF.padEnd(100, 'x'));
    }
    await until(() => answers().filter((each) => each === 'refuse full').length === 10);
    assert.equal(agent.views.length, 30);
  });

  test('cannot fill it with a thousand offers either, nor the list, nor stop a file of ours', async () => {
    const { say, answers } = against();
    for (let number = 1000; number < 2000; number += 1) say(offer({ id: `file-${number}`, size: MAX_FILE_BYTES }));
    await until(() => answers().length === 1000);
    assert.equal(agent.views.length, 30);
    assert.deepEqual([...new Set(answers())], ['accept', 'refuse full']);
    assert.equal(agent.views.filter(({ state }) => state === 'going').length, 1);
    connect();
    await agent.transfer.send(pdf(100, 'form.pdf'));
    await until(() => customer.last?.state === 'done');
  });

  test('cannot have a file sent twice at once, nor from beyond its end', async () => {
    const [evil, ours] = path();
    evil.read(() => undefined);
    agent.transfer.use(ours);
    await agent.transfer.send(pdf(100_000));
    const { id } = agent.last;
    for (const from of [100_001, 0, 0, 50_000]) evil.send(JSON.stringify({ type: 'accept', id, from }));
    await until(() => agent.last.moved === 100_000);
    for (let i = 0; i < 5; i += 1) await turn();
    assert.equal(bytesSent(ours), 100_000);
  });

  test('cannot put another file in the place of one', async () => {
    const { say, bytes, answers } = against();
    say(offer());
    bytes(PDF.padEnd(100, 'x'));
    await until(() => agent.last?.state === 'done');
    say(offer({ sha256: sha256('another') }));
    await turn();
    assert.deepEqual(answers(), ['accept', 'received', 'refuse lost']);
    assert.equal(await agent.last.blob.text(), PDF.padEnd(100, 'x'));
  });

  test('is not listened to when it makes no sense', async () => {
    const { raw, say, bytes, answers } = against();
    bytes('bytes of nothing');
    raw('no JSON');
    raw('null');
    raw(JSON.stringify(offer({ name: 'n'.repeat(5_000) })));
    for (const faulty of [
      { id: 'short' }, { id: 7 }, { id: '../../../etc' }, { size: '100' }, { size: 1.5 }, { name: null },
      { sha256: 'x' }, { kind: 7 }, { type: 'fetch' },
    ]) say(offer(faulty));
    for (const type of ['received', 'refuse', 'cancel', 'attached', 'withdrawn']) say({ type, id: 'unknown-1' });
    await turn();
    assert.deepEqual([answers(), agent.views], [[], []]);
    say({ type: 'accept', id: 'unknown-1', from: 0 });
    await turn();
    assert.deepEqual([answers(), agent.views], [['cancel'], []], 'who waits for a file is told that none comes');
  });

  test('cannot make the official believe that something was attached', async () => {
    const { say, bytes } = against();
    say(offer());
    bytes(PDF.padEnd(100, 'x'));
    await until(() => agent.last?.state === 'done');
    say({ type: 'attached', id: 'file-0001' });
    await turn();
    assert.equal(agent.last.attached, false);
    agent.transfer.attached('file-0001');
    say({ type: 'withdrawn', id: 'file-0001' });
    await turn();
    assert.equal(agent.last.attached, true, 'nor that it was taken back');
  });

  test('is shown by a name without folders and tricks', async () => {
    const { say } = against();
    say(offer({ name: '../../etc/\u202Efdp.exe' }));
    await turn();
    assert.equal(agent.last.name, 'fdp.exe.pdf');
  });
});

describe('stopping', () => {
  for (const who of ['sender', 'receiver']) {
    test(`by the ${who} ends it on both sides, and the next goes on`, async () => {
      const [out] = connect();
      out.blocked = new Promise(() => undefined);
      await customer.transfer.send(pdf(100_000, 'one.pdf'));
      await customer.transfer.send(pdf(100, 'two.pdf'));
      await until(() => agent.last?.state === 'going');
      const { id } = agent.last;
      out.blocked = null;
      (who === 'sender' ? customer : agent).transfer.cancel(id);
      await until(() => agent.views.length === 2 && agent.last.state === 'done');
      for (const { views } of [customer, agent]) {
        assert.deepEqual(views.map(({ state, why }) => [state, why]), [['failed', 'cancelled'], ['done', null]]);
      }
    });
  }

  test('does nothing to what is there', async () => {
    connect();
    await customer.transfer.send(pdf(100));
    await until(() => customer.last.state === 'done');
    agent.transfer.cancel(agent.last.id);
    customer.transfer.cancel(agent.last.id);
    assert.deepEqual([agent.last.state, customer.last.state], ['done', 'done']);
  });
});
