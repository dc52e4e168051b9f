import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { bytesSent, path, pdf, PDF, side, turn, until } from './support/file-sides.js';

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

describe('a path that goes', () => {
  test('is followed by another, over which only the rest is sent', async () => {
    let first;
    let arrived = 0;
    first = connect((told) => {
      if (typeof told !== 'string' && (arrived += told.byteLength) > 100_000) first.cut();
      return told;
    });
    await customer.transfer.send(pdf(300_000));
    await until(() => arrived > 100_000);
    for (let i = 0; i < 5; i += 1) await turn();
    assert.equal(agent.last.state, 'going');
    const there = agent.last.moved;
    const [out] = connect();
    await until(() => customer.last.state === 'done');
    assert.equal(bytesSent(out), 300_000 - there);
    assert.equal(await agent.last.blob.text(), PDF.padEnd(300_000, 'x'));
  });

  test('as the last word was said does not send it all again', async () => {
    const first = connect((told) => {
      if (typeof told === 'string' && told.includes('received')) first.cut();
      return told;
    });
    await customer.transfer.send(pdf(50_000));
    await until(() => agent.last?.state === 'done');
    const [out] = connect();
    await until(() => customer.last.state === 'done');
    assert.equal(bytesSent(out), 0);
  });

  test('leads to a page that was loaded anew, which gets it from the start', async () => {
    const [out] = connect();
    out.blocked = new Promise(() => undefined);
    await customer.transfer.send(pdf(100_000));
    await until(() => agent.last?.state === 'going');
    agent = side();
    connect();
    await until(() => customer.last.state === 'done');
    assert.equal(await agent.last.blob.text(), PDF.padEnd(100_000, 'x'));
  });

  test('leads from a page that was loaded anew: what it sent won’t come, and can be sent again', async () => {
    const [out] = connect();
    out.blocked = new Promise(() => undefined);
    await customer.transfer.send(pdf(100_000));
    await until(() => agent.last?.state === 'going');
    customer = side();
    connect();
    await until(() => agent.last.state === 'failed');
    assert.equal(agent.last.why, 'cancelled');
    await customer.transfer.send(pdf(100_000));
    await until(() => agent.views.length === 2 && agent.last.state === 'done');
  });

  for (const who of ['sender', 'receiver']) {
    test(`while the ${who} stops a file: the other is told with the next one`, async () => {
      const [out] = connect();
      out.blocked = new Promise(() => undefined);
      await customer.transfer.send(pdf(100_000));
      await until(() => agent.last?.state === 'going');
      for (const { transfer } of [customer, agent]) transfer.use(null);
      (who === 'sender' ? customer : agent).transfer.cancel(agent.last.id);
      connect();
      await until(() => customer.last.state === 'failed' && agent.last.state === 'failed');
      for (const { last } of [customer, agent]) assert.equal(last.why, 'cancelled');
    });
  }

  test('with a byte changed on the way is found out, and the file can be sent again', async () => {
    let first;
    first = connect((told) => {
      if (typeof told === 'string' || told.byteLength === 0) return told;
      if (agent.last.moved > 50_000) first.cut();
      else if (agent.last.moved > 20_000) new Uint8Array(told)[7] = 0;
      return told;
    });
    await customer.transfer.send(pdf(300_000));
    await until(() => !first[0].isOpen);
    connect();
    await until(() => customer.last.state === 'failed');
    assert.deepEqual([customer.last.why, agent.last.why, agent.last.blob], ['checksum', 'checksum', null]);
    await customer.transfer.send(pdf(300_000));
    await until(() => customer.views.length === 2 && customer.last.state === 'done');
  });

  test('for good is said: it can be sent again', async () => {
    const [out] = connect();
    out.blocked = new Promise(() => undefined);
    await customer.transfer.send(pdf(50_000));
    await until(() => agent.last?.state === 'going');
    for (const { transfer } of [customer, agent]) {
      transfer.use(null);
      transfer.end();
    }
    for (const { last } of [customer, agent]) assert.deepEqual([last.state, last.why], ['failed', 'lost']);
  });
});

test('what was attached is told to the sender, also over the next path', async () => {
  connect();
  await customer.transfer.send(pdf(100));
  await until(() => customer.last.state === 'done');
  for (const { transfer } of [customer, agent]) transfer.use(null);
  agent.transfer.attached(agent.last.id);
  assert.equal(agent.last.attached, true);
  connect();
  await until(() => customer.last.attached);
});

test('what was taken back is told too, and is not said again over the next path', async () => {
  connect();
  await customer.transfer.send(pdf(100));
  await until(() => customer.last.state === 'done');
  agent.transfer.attached(agent.last.id);
  await until(() => customer.last.attached);
  agent.transfer.withdrawn(agent.last.id);
  await until(() => !customer.last.attached);
  assert.equal(agent.last.attached, false);
  for (const { transfer } of [customer, agent]) transfer.use(null);
  const told = customer.views.length;
  connect();
  await turn();
  assert.deepEqual(customer.views.slice(told).filter(({ attached }) => attached), []);
});
