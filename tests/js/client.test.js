import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { RefusedError, SignalingClient } from '../../static/js/signaling/client.js';
import { fakeSocketClass, welcome } from './support/fake-socket.js';

let timers;
let Socket;
let client;
let told;

const EVENTS = ['welcome', 'state', 'offerFrom', 'answerFrom', 'candidateFrom', 'chatFrom', 'bye'];

function start(options = {}) {
  Socket = fakeSocketClass();
  client = new SignalingClient({
    url: 'ws://hub.test/signal',
    WebSocketClass: Socket,
    random: () => 1,
    ...options,
  });
  told = [];
  for (const name of EVENTS) client.on(name, () => told.push(name));
  client.on('connection', ({ status }) => told.push(status));
  client.start();
}

const state = (seq) => ({ type: 'state', seq, room: { ended: false, participants: [] } });

beforeEach((t) => {
  timers = t.mock.timers;
  timers.enable({ apis: ['setTimeout'] });
  start();
});

describe('entering', () => {
  test('speaks the subprotocol and says hello first', () => {
    client.send({ type: 'media', microphone: 'on', camera: 'on' });
    assert.deepEqual(Socket.last.protocols, ['vap.signal.v1']);
    Socket.last.open();
    assert.deepEqual(Socket.last.sent, [{ type: 'hello' }]);
    Socket.last.say(welcome());
    assert.deepEqual(Socket.last.types(), ['hello', 'media']);
    assert.deepEqual(told, ['open', 'welcome']);
  });

  test('a hub that accepts and then says nothing is given up', () => {
    Socket.last.open();
    timers.tick(10_000);
    assert.equal(client.status, 'reconnecting');
  });

  test('a hub that can let nobody in now is tried again later', () => {
    Socket.last.open();
    Socket.last.say({ type: 'refused', code: 'unavailable' });
    assert.equal(client.status, 'reconnecting');
    timers.tick(500);
    Socket.last.welcome();
    assert.equal(client.status, 'open');
  });

  test('a server that speaks no JSON is given up', () => {
    Socket.last.open();
    Socket.last.say('<html>');
    assert.equal(client.status, 'reconnecting');
  });

  test('a message of a type added later is ignored', () => {
    Socket.last.welcome();
    Socket.last.say({ type: 'novelty' });
    assert.deepEqual(told, ['open', 'welcome']);
  });
});

describe('standing by', () => {
  beforeEach(() => {
    Socket.last.open();
    Socket.last.say({ type: 'standBy', seq: 7, withinMs: 60_000 });
  });

  test('is no failure: the line is kept and pinged until the answer comes', () => {
    timers.tick(10_000);
    assert.equal(client.status, 'connecting');
    timers.tick(5_000);
    assert.deepEqual(Socket.last.types(), ['hello', 'ping']);
    Socket.last.say({ type: 'pong' });
    timers.tick(8_000);
    assert.equal(Socket.all.length, 1);
    Socket.last.say(welcome());
    assert.equal(client.status, 'open');
  });

  test('begins again after a loss', () => {
    Socket.last.drop();
    assert.equal(client.status, 'reconnecting');
    timers.tick(500);
    Socket.last.open();
    assert.deepEqual(Socket.last.sent, [{ type: 'hello' }]);
  });

  test('ends with a bye', () => {
    Socket.last.say({ type: 'bye', action: 'stop', reason: 'in_use' });
    assert.deepEqual(told.slice(-2), ['bye', 'closed']);
  });
});

describe('coming back', () => {
  test('says the last position it has applied', () => {
    Socket.last.welcome();
    Socket.last.say(state(12));
    Socket.last.say(state(11));
    Socket.last.drop();
    timers.tick(500);
    Socket.last.open();
    const resume = { epoch: 'epoch-one', seq: 12 };
    assert.deepEqual(Socket.last.sent, [{ type: 'hello', resume }]);
  });

  test('takes the position of a new epoch though it is lower', () => {
    Socket.last.welcome();
    Socket.last.drop();
    timers.tick(500);
    Socket.last.welcome({ epoch: 'epoch-two', seq: 1 });
    assert.deepEqual(client.position, { epoch: 'epoch-two', seq: 1 });
  });

  test('waits longer after each failure and starts over after a welcome', () => {
    Socket.last.welcome();
    for (const delayMs of [500, 1_000, 2_000]) {
      Socket.last.drop();
      timers.tick(delayMs - 1);
      const before = Socket.all.length;
      timers.tick(1);
      assert.equal(Socket.all.length, before + 1, `after ${delayMs} ms`);
    }
    Socket.last.welcome();
    Socket.last.drop();
    timers.tick(500);
    assert.equal(Socket.all.length, 5);
  });

  test('waits at least as long as a restarting server asks', () => {
    Socket.last.welcome();
    Socket.last.say({ type: 'bye', action: 'resume', reason: 'restarting', retryAfterMs: 3_000 });
    Socket.last.drop();
    timers.tick(3_499);
    assert.equal(Socket.all.length, 1);
    timers.tick(1);
    assert.equal(Socket.all.length, 2);
  });

  for (const action of ['rejoin', 'stop']) {
    test(`stays away after bye{${action}}`, () => {
      Socket.last.welcome();
      Socket.last.say({ type: 'bye', action, reason: 'moved_device' });
      Socket.last.drop();
      timers.tick(60_000);
      assert.equal(Socket.all.length, 1);
      assert.deepEqual(told, ['open', 'welcome', 'bye', 'closed']);
    });
  }

  test('a nudge does not wait for the back-off', () => {
    Socket.last.welcome();
    Socket.last.drop();
    client.nudge();
    assert.equal(Socket.all.length, 2);
    timers.tick(1_000); // the timer that was waiting must not open a third
    assert.equal(Socket.all.length, 2);
  });

  test('closing for good ends everything', () => {
    Socket.last.welcome();
    Socket.last.drop();
    client.close();
    timers.tick(60_000);
    assert.equal(Socket.all.length, 1);
    assert.equal(client.send({ type: 'leave' }), false);
    client.nudge();
    assert.equal(Socket.all.length, 1);
  });

  test('an aborted signal closes', () => {
    const leaving = new AbortController();
    start({ signal: leaving.signal });
    Socket.last.welcome();
    leaving.abort();
    assert.equal(client.status, 'closed');
  });
});

describe('a dead socket', () => {
  test('is asked after fifteen seconds of silence and given up eight later', () => {
    Socket.last.welcome();
    Socket.last.say(state(11));
    timers.tick(15_000);
    assert.deepEqual(Socket.last.types(), ['hello', 'ping']);
    timers.tick(7_999);
    assert.equal(client.status, 'open');
    timers.tick(1);
    assert.equal(client.status, 'reconnecting');
  });

  test('is not one that answers', () => {
    Socket.last.welcome();
    for (let round = 0; round < 10; round += 1) {
      timers.tick(15_000);
      Socket.last.say({ type: 'pong' });
    }
    assert.equal(client.status, 'open');
    assert.equal(Socket.all.length, 1);
  });

  test('is replaced by one opened beside it, if that is there before an answer', () => {
    Socket.last.welcome();
    Socket.last.say(state(12));
    client.nudge();
    timers.tick(50);
    const [dead, spare] = Socket.all;
    assert.deepEqual(spare.sent, []);
    spare.open();
    assert.equal(client.status, 'reconnecting');
    assert.equal(dead.readyState, Socket.CLOSED);
    assert.deepEqual(spare.sent, [{ type: 'hello', resume: { epoch: 'epoch-one', seq: 12 } }]);
    spare.say(welcome({ resumed: true }));
    assert.equal(client.status, 'open');
    timers.tick(3_000);
    assert.equal(Socket.all.length, 2);
  });

  test('is not given up if it answers first, and the one beside it is closed', () => {
    Socket.last.welcome();
    client.nudge();
    timers.tick(50);
    const [living, spare] = Socket.all;
    living.say({ type: 'pong' });
    assert.equal(spare.readyState, Socket.CLOSED);
    spare.open();
    assert.equal(client.status, 'open');
    assert.deepEqual(living.types(), ['hello', 'ping']);
  });

  test('that answers within a short round trip costs no second one', () => {
    Socket.last.welcome();
    client.nudge();
    client.nudge();
    timers.tick(49);
    Socket.last.say({ type: 'pong' });
    timers.tick(1_000);
    assert.equal(Socket.all.length, 1);
  });

  test('is found soon after a nudge', () => {
    Socket.last.welcome();
    client.nudge();
    assert.deepEqual(Socket.last.types(), ['hello', 'ping']);
    timers.tick(3_000);
    assert.equal(client.status, 'reconnecting');
  });

  test('is not listened to any more when it speaks after all', () => {
    Socket.last.welcome();
    const [dead] = Socket.all;
    client.nudge();
    timers.tick(3_000);
    timers.tick(500);
    Socket.last.welcome({ resumed: true });
    told.length = 0;
    dead.say(state(99));
    dead.drop();
    assert.deepEqual(told, []);
    assert.equal(client.status, 'open');
  });
});

describe('requests', () => {
  const admit = { type: 'admit', participant: 'customer' };
  const chat = { type: 'chat', id: 'chat-0001', text: 'hello' };

  test('resolve with the position at which they took effect', async () => {
    Socket.last.welcome();
    const admitted = client.request(admit);
    const { ref } = Socket.last.sent.at(-1);
    Socket.last.say({ type: 'ack', ref, seq: 14 });
    assert.equal(await admitted, 14);
    assert.equal(client.position.seq, 14);
  });

  test('reject with the code of the refusal', async () => {
    Socket.last.welcome();
    const first = client.request(admit);
    const second = client.request(chat);
    const [, { ref: admitRef }, { ref: chatRef }] = Socket.last.sent;
    Socket.last.say({ type: 'refused', ref: chatRef, code: 'not_admitted' });
    Socket.last.say({ type: 'refused', code: 'malformed' });
    Socket.last.say({ type: 'ack', ref: admitRef, seq: 15 });
    await assert.rejects(second, (error) => error instanceof RefusedError && error.code === 'not_admitted');
    assert.equal(await first, 15);
  });

  test('reject when no answer comes', async () => {
    Socket.last.welcome();
    const waiting = client.request(admit, { timeoutMs: 1_000 });
    timers.tick(1_000);
    await assert.rejects(waiting, { code: 'timeout' });
  });

  test('are sent again after a resume, in order and with their refs, if twice is as good as once', async () => {
    Socket.last.welcome();
    const first = client.request(chat, { idempotent: true });
    const sent = Socket.last.sent.at(-1);
    Socket.last.drop();
    const second = client.request({ ...chat, id: 'chat-0002' }, { idempotent: true });
    timers.tick(500);
    Socket.last.welcome({ resumed: true });
    const [, again, next] = Socket.last.sent;
    assert.deepEqual(again, sent);
    assert.equal(next.id, 'chat-0002');
    Socket.last.say({ type: 'ack', ref: again.ref, seq: 20 });
    Socket.last.say({ type: 'ack', ref: next.ref, seq: 21 });
    assert.deepEqual(await Promise.all([first, second]), [20, 21]);
  });

  test('are refused as unavailable when the connection breaks, if twice is not as good as once', async () => {
    Socket.last.welcome();
    const admitted = client.request(admit);
    Socket.last.drop();
    await assert.rejects(admitted, { code: 'unavailable' });
    await assert.rejects(client.request(admit), { code: 'unavailable' });
    timers.tick(500);
    Socket.last.welcome({ resumed: true });
    assert.deepEqual(Socket.last.types(), ['hello']);
  });

  test('are refused as unavailable when the client closes', async () => {
    Socket.last.welcome();
    const waiting = client.request(chat, { idempotent: true });
    client.close();
    await assert.rejects(waiting, { code: 'unavailable' });
    await assert.rejects(client.request(chat, { idempotent: true }), { code: 'unavailable' });
  });
});

test('what is sent while away follows once, in order, up to a bound', async () => {
  Socket.last.welcome();
  Socket.last.drop();
  const candidate = (n) => ({ type: 'candidate', to: 'staff.1', pc: 1, candidate: `${n}` });
  const kept = Array.from({ length: 250 }, (_, n) => client.send(candidate(n))).filter(Boolean).length;
  assert.equal(kept, 100);
  await assert.rejects(client.request({ type: 'leave' }, { idempotent: true }), { code: 'unavailable' });
  timers.tick(500);
  Socket.last.welcome({ resumed: true });
  const lines = Socket.last.sent.slice(1).map((message) => Number(message.candidate));
  assert.deepEqual(lines, Array.from({ length: 100 }, (_, n) => n));
  Socket.last.drop();
  timers.tick(500);
  Socket.last.welcome({ resumed: true });
  assert.deepEqual(Socket.last.types(), ['hello']);
});
