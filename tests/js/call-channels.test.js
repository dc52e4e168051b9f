import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { Call } from '../../static/js/media/call.js';
import { SignalingClient } from '../../static/js/signaling/client.js';
import { FakeConnection, FakeMediaStream, settled } from './support/fake-connection.js';
import { fakeSocketClass, view } from './support/fake-socket.js';

globalThis.MediaStream = FakeMediaStream;

let Socket;
let connections;
let call;

function enter(self, participants) {
  Socket = fakeSocketClass();
  connections = [];
  call = new Call({
    client: new SignalingClient({ url: 'ws://hub.test/signal', WebSocketClass: Socket, random: () => 0 }),
    connect: (configuration) => {
      connections.push(new FakeConnection(configuration));
      return connections.at(-1);
    },
  });
  call.start();
  Socket.last.welcome({ self, room: { ended: false, participants } });
}

let seq = 100;
const say = (message) => Socket.last.say({ seq: (seq += 1), ...message });
const room = (...participants) => say({ type: 'state', room: { ended: false, participants } });
const order = () => Socket.last.types().slice(1).filter((type) => type !== 'media');
const host = (changes) => view('staff.1', changes);
const customer = (changes) => view('customer', changes);
const admitted = { stage: 'admitted' };

beforeEach((t) => t.mock.timers.enable({ apis: ['setTimeout'] }));

describe('what goes beside the media', () => {
  const channels = () => [...call.channels.keys()];
  const open = (connection) => connection.channels.forEach((channel) => channel.become('open'));
  const offered = { type: 'offerFrom', sender: 'staff.1', pc: 5, sdp: 'offer\nm=application 9' };

  test('is there for both from the admit on, and never before', async () => {
    enter('customer', [customer(), host()]);
    room(customer({ stage: 'preparing' }), host());
    say(offered);
    await settled();
    open(connections[0]);
    assert.deepEqual(channels(), []);
    const told = [];
    call.on('channels', ({ id, channels: given }) => told.push([id, given !== null, call.channels.has(id)]));
    room(customer(admitted), host());
    assert.deepEqual(channels(), ['staff.1']);
    assert.deepEqual(told, [['staff.1', true, true]]);
    await settled();
    assert.deepEqual(order(), ['answer'], 'nothing is negotiated for it');
  });

  test('is gone while on hold, and closed for whoever kept it', async () => {
    enter('staff.1', [host(), customer(admitted)]);
    await settled();
    open(connections[0]);
    assert.deepEqual(channels(), ['customer']);
    room(host(), customer({ stage: 'held' }));
    assert.deepEqual(channels(), []);
    assert.equal(connections[0].signalingState, 'closed');
    await settled();
    open(connections[1]);
    assert.deepEqual(channels(), []);
  });

  test('is made anew with a generation', async () => {
    enter('customer', [customer(), host()]);
    room(customer(admitted), host());
    say(offered);
    await settled();
    open(connections[0]);
    const before = call.channels.get('staff.1');
    say({ ...offered, pc: 6 });
    await settled();
    assert.deepEqual(channels(), []);
    open(connections[1]);
    assert.deepEqual(channels(), ['staff.1']);
    assert.notEqual(call.channels.get('staff.1'), before);
  });

  test('is not there with a peer that has no place for it', async () => {
    enter('customer', [customer(), host()]);
    room(customer(admitted), host());
    say({ ...offered, sdp: 'offer' });
    await settled();
    assert.deepEqual(connections[0].channels, []);
    assert.deepEqual(order(), ['answer']);
  });
});
