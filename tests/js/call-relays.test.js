import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { Call } from '../../static/js/media/call.js';
import { SignalingClient } from '../../static/js/signaling/client.js';
import { FakeConnection, FakeMediaStream, settled } from './support/fake-connection.js';
import { fakeSocketClass, view } from './support/fake-socket.js';

globalThis.MediaStream = FakeMediaStream;

const agent = view('staff.1');
const guest = view('guest.1');
const customer = (stage = 'admitted') => view('customer', { stage });
const relay = (username) => [{ urls: ['turn:relay.test'], username, credential: `password of ${username}` }];

let timers;
let Socket;
let connections;
let call;
let seq;

const say = (message) => Socket.last.say({ seq: (seq += 1), ...message });
const room = (...participants) => ({ ended: false, participants });
const negotiated = () => Socket.last.types().filter((type) => ['offer', 'answer', 'candidate'].includes(type)).length;
const users = () => connections.map(({ configuration }) => configuration.iceServers[0].username);
const comeBack = () => {
  Socket.last.drop();
  timers.tick(500);
  const changes = { self: 'staff.1', resumed: true, relayOnly: true, iceServers: relay('new') };
  Socket.last.welcome({ ...changes, room: room(agent, customer(), guest) });
};

describe('TURN credentials that a call outlasts', () => {
  beforeEach(async (t) => {
    timers = t.mock.timers;
    timers.enable({ apis: ['setTimeout'] });
    Socket = fakeSocketClass();
    connections = [];
    seq = 100;
    const client = new SignalingClient({ url: 'ws://hub.test/signal', WebSocketClass: Socket, random: () => 0 });
    const connect = (configuration) => {
      connections.push(new FakeConnection(configuration));
      return connections.at(-1);
    };
    call = new Call({ client, connect });
    call.start();
    const changes = { self: 'staff.1', relayOnly: true, iceServers: relay('old') };
    Socket.last.welcome({ ...changes, room: room(agent, customer(), guest) });
    await settled();
    const { pc } = Socket.last.sent.find(({ type }) => type === 'offer');
    say({ type: 'answerFrom', sender: 'customer', pc, sdp: 'answer' });
    await settled();
    connections[0].become('connected');
  });

  test('are renewed on every path, in use or made ahead, without negotiating anything', async () => {
    assert.deepEqual(users(), ['old', 'old']);
    const before = negotiated();
    Socket.last.say({ type: 'iceServers', iceServers: relay('new') });
    await settled();
    assert.deepEqual(users(), ['new', 'new']);
    assert.equal(negotiated(), before);
    assert.deepEqual(connections.map(({ restarts }) => restarts), [0, 0]);
    assert.ok(connections.every(({ configuration }) => configuration.iceTransportPolicy === 'relay'));
  });

  test('are the new ones for what is begun later', async () => {
    Socket.last.say({ type: 'iceServers', iceServers: relay('new') });
    say({ type: 'state', room: room(agent, customer('held'), guest) });
    await settled();
    assert.deepEqual(users(), ['new', 'new', 'new']);
    assert.equal(connections[2].configuration.iceTransportPolicy, 'relay');
  });

  test('are there before the path is mended, after a line that was away for longer than they are good for', async () => {
    connections[0].become('disconnected');
    comeBack();
    await settled();
    assert.deepEqual(users(), ['new', 'new', 'new']);
  });

  test('are renewed with a resume also where the picture goes on', async () => {
    comeBack();
    await settled();
    assert.deepEqual(users(), ['new', 'new']);
    assert.equal(connections[0].connectionState, 'connected');
  });

  test('wait for the next connection in a browser that cannot change one', async () => {
    connections[0].setConfiguration = undefined;
    Socket.last.say({ type: 'iceServers', iceServers: relay('new') });
    assert.deepEqual(users(), ['old', 'new']);
    connections[0].become('failed');
    timers.tick(10_000);
    await settled();
    assert.deepEqual(users(), ['old', 'new', 'new']);
  });

  test('mean nothing to a call that is over', async () => {
    call.close();
    Socket.last.say({ type: 'iceServers', iceServers: relay('new') });
    assert.deepEqual(users(), ['old', 'old']);
  });
});
