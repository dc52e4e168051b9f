import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { Call } from '../../static/js/media/call.js';
import { LocalMedia } from '../../static/js/media/local-media.js';
import { SignalingClient } from '../../static/js/signaling/client.js';
import { FakeConnection, FakeMediaStream, fakeTrack, settled } from './support/fake-connection.js';
import { fakeSocketClass, view, welcome } from './support/fake-socket.js';

globalThis.MediaStream = FakeMediaStream;

let timers;
let Socket;
let connections;
let moved;
let call;
let media;

function localMedia(kinds = ['audio', 'video']) {
  const stream = new FakeMediaStream();
  for (const kind of kinds) stream.addTrack(fakeTrack(kind));
  return new LocalMedia(stream, 'user', new EventTarget());
}

/** Enter as `self`; the room shows these participants. */
function enter(self, participants, options = {}) {
  Socket = fakeSocketClass();
  connections = [];
  moved = [];
  media = options.media === undefined ? localMedia() : options.media;
  const url = 'ws://hub.test/signal';
  call = new Call({
    client: new SignalingClient({ url, WebSocketClass: Socket, random: () => 0 }),
    media,
    connect: (configuration, hasMoved) => {
      moved.push(hasMoved);
      connections.push(new FakeConnection(configuration));
      return connections.at(-1);
    },
  });
  call.start();
  if (options.standBy) {
    Socket.last.open();
    return Socket.last.say({ type: 'standBy', seq: 7, withinMs: 60_000 });
  }
  return Socket.last.welcome({ self, room: { ended: false, participants }, ...options.welcome });
}

let seq = 100;
const say = (message) => Socket.last.say({ seq: (seq += 1), ...message });
const room = (...participants) => say({ type: 'state', room: { ended: false, participants } });
const sent = (...types) => Socket.last.sent.filter(({ type }) => types.includes(type));
const order = () => Socket.last.types().slice(1).filter((type) => type !== 'media');

const host = (changes) => view('staff.1', changes);
const customer = (changes) => view('customer', changes);
const admitted = { stage: 'admitted' };

beforeEach((t) => {
  timers = t.mock.timers;
  timers.enable({ apis: ['setTimeout'] });
});

describe('calling in', () => {
  test('sends admit and the offer made ahead in one breath', async () => {
    enter('staff.1', [host(), customer()]);
    await settled();
    connections[0].find({ candidate: 'found ahead' });
    assert.deepEqual(order(), []);
    void call.admit('customer').catch(() => undefined);
    assert.deepEqual(order(), ['admit', 'offer', 'candidate']);
  });

  test('is not undone by a state from before the admit', async () => {
    enter('staff.1', [host(), customer()]);
    await settled();
    const admitting = call.admit('customer');
    room(host(), customer({ camera: 'off' }));
    const [{ ref }] = sent('admit');
    say({ type: 'ack', ref });
    await admitting;
    room(host(), customer({ ...admitted }));
    assert.equal(connections.length, 1);
    assert.equal(connections[0].signalingState, 'have-local-offer');
  });

  test('that was refused takes the path back and says why', async () => {
    enter('staff.1', [host(), customer()]);
    await settled();
    const admitting = call.admit('customer');
    say({ type: 'refused', ref: sent('admit')[0].ref, code: 'wrong_stage' });
    await assert.rejects(admitting, { code: 'wrong_stage' });
    await settled();
    assert.equal(connections[0].signalingState, 'closed');
    assert.equal(connections[1].signalingState, 'have-local-offer');
    assert.deepEqual(order(), ['admit', 'offer'], 'the next offer waits for the next admit');
  });

  test('is answered by the customer with the connection and the tracks that were ready', async () => {
    enter('customer', [customer(), host()]);
    await settled();
    assert.equal(connections.length, 1);
    room(customer(admitted), host());
    say({ type: 'offerFrom', sender: 'staff.1', pc: 5, sdp: 'offer' });
    await settled();
    assert.equal(connections.length, 1);
    assert.deepEqual(sent('offer', 'answer').map(({ type, to, pc }) => [type, to, pc]), [['answer', 'staff.1', 5]]);
    const tracks = connections[0].getTransceivers().map(({ sender }) => sender.track);
    assert.deepEqual(tracks, [media.tracks.audio, media.tracks.video]);
    assert.equal(call.state.remote.get('staff.1').getTracks().length, 2);
  });
});

describe('preparing', () => {
  const sent = () => connections[0].getTransceivers().map(({ sender }) => sender.track);
  const perceived = () => sent().filter((track) => track?.enabled).map(({ kind }) => kind);

  test('connects the two, but nothing of the host leaves before the click', async () => {
    enter('staff.1', [host(), customer()]);
    await settled();
    room(host(), customer({ stage: 'preparing' }));
    await settled();
    assert.deepEqual(order(), ['offer']);
    assert.deepEqual(perceived(), []);
    void call.admit('customer').catch(() => undefined);
    await settled();
    assert.deepEqual(perceived(), ['audio', 'video']);
    assert.deepEqual(order(), ['offer', 'admit']);
  });

  test('lets nothing of the customer leave before they are admitted', async () => {
    enter('customer', [customer(), host()]);
    room(customer({ stage: 'preparing' }), host());
    say({ type: 'offerFrom', sender: 'staff.1', pc: 5, sdp: 'offer' });
    await settled();
    assert.deepEqual(perceived(), []);
    call.replaceLocal(localMedia());
    await settled();
    assert.deepEqual(perceived(), []);
    room(customer(admitted), host());
    await settled();
    assert.deepEqual(perceived(), ['audio', 'video']);
    assert.equal(connections.length, 1);
  });

  test('that comes to nothing closes the path and makes another ahead', async () => {
    enter('staff.1', [host(), customer()]);
    await settled();
    room(host(), customer({ stage: 'preparing' }));
    room(host(), customer());
    await settled();
    assert.equal(connections[0].signalingState, 'closed');
    assert.deepEqual(order(), ['offer']);
    assert.equal(connections[1].signalingState, 'have-local-offer');
  });
});

describe('who is not in the call', () => {
  test('gets no path: going on hold closes it, coming back makes a new one', async () => {
    enter('staff.1', [host(), customer(admitted)]);
    await settled();
    const [{ pc: before }] = sent('offer');
    room(host(), customer({ stage: 'held' }));
    assert.equal(connections[0].signalingState, 'closed');
    await settled();
    assert.equal(sent('offer').length, 1, 'what is made ahead stays here');
    room(host(), customer(admitted));
    await settled();
    assert.ok(sent('offer')[1].pc > before);
  });

  test('gets none either when oneself is sent back to the waiting room', async () => {
    enter('customer', [customer(admitted), host()]);
    await settled();
    room(customer(), host());
    assert.equal(connections[0].signalingState, 'closed');
    assert.equal(call.state.phase, 'waiting');
  });
});

describe('a page that was loaded again', () => {
  test('begins anew, also for a customer', async () => {
    enter('customer', [customer(admitted), host()]);
    await settled();
    assert.equal(sent('offer').length, 1);
    assert.ok(sent('offer')[0].pc > 0);
  });

  test('goes above a generation that its clock does not know of', async () => {
    enter('staff.1', [host(), customer(admitted)]);
    await settled();
    const [{ ref, pc }] = sent('offer');
    say({ type: 'refused', ref, code: 'stale_pc' });
    await settled();
    assert.ok(sent('offer')[1].pc >= pc + 240);
  });
});

describe('coming back after a loss', () => {
  beforeEach(async () => {
    enter('staff.1', [host(), customer(admitted)]);
    await settled();
    say({ type: 'ack', ref: sent('offer')[0].ref });
    say({ type: 'answerFrom', sender: 'customer', pc: sent('offer')[0].pc, sdp: 'answer' });
    await settled();
    connections[0].become('connected');
  });

  const comeBack = (changes) => {
    Socket.last.drop();
    assert.equal(call.state.connection, 'reconnecting');
    timers.tick(500);
    Socket.last.welcome({ self: 'staff.1', room: { ended: false, participants: [host(), customer(admitted)] }, ...changes });
  };

  test('a picture that goes on is left alone, even by a hub that forgot everything', async () => {
    comeBack({ epoch: 'epoch-two', seq: 3 });
    await settled();
    assert.equal(call.state.connection, 'good');
    assert.equal(connections.length, 1);
    assert.deepEqual(Socket.last.types(), ['hello']);
  });

  test('a path that broke meanwhile begins anew when signals may have been missed', async () => {
    connections[0].become('disconnected');
    comeBack({ epoch: 'epoch-two', seq: 3 });
    await settled();
    assert.equal(connections.length, 2);
    assert.equal(sent('offer').length, 1);
  });

  test('and so does one that broke together with the line: this side has moved', async () => {
    connections[0].become('disconnected');
    comeBack({ resumed: true });
    await settled();
    assert.equal(connections.length, 2);
    assert.deepEqual(moved, [undefined, true]);
  });

  test('one that goes on is left alone when nothing was missed', async () => {
    connections[0].become('connected');
    comeBack({ resumed: true });
    await settled();
    assert.equal(connections.length, 1);
  });
});

describe('own media', () => {
  test('are told to the others on entering and at every change', () => {
    enter('customer', [customer(), host()]);
    call.setMicrophone(false);
    call.setCamera(false);
    const told = sent('hello', 'media').map(({ microphone, camera }) => `${microphone} ${camera}`);
    assert.deepEqual(told, ['on on', 'off on', 'off off']);
    assert.deepEqual([call.state.mic, call.state.camera], ['off', 'off']);
  });

  test('can be replaced in the middle of a call without negotiating', async () => {
    enter('staff.1', [host(), customer(admitted)], { media: null });
    await settled();
    assert.deepEqual(sent('hello', 'media').map(({ camera }) => camera), ['none']);
    const opened = localMedia();
    call.replaceLocal(opened);
    await settled();
    const tracks = connections[0].getTransceivers().map(({ sender }) => sender.track);
    assert.deepEqual(tracks, [opened.tracks.audio, opened.tracks.video]);
    assert.equal(sent('offer').length, 1);
    const soundOnly = localMedia(['audio']);
    call.replaceLocal(soundOnly);
    assert.equal(opened.stream.getTracks()[0].readyState, 'ended');
    assert.equal(sent('media').at(-1).camera, 'none');
  });

  test('that the system took away are shown as gone', () => {
    enter('customer', [customer(), host()]);
    const { video } = media.tracks;
    video.stop();
    video.dispatchEvent(new Event('ended'));
    assert.equal(call.state.camera, 'none');
    assert.equal(sent('media').at(-1).camera, 'none');
  });
});

describe('another device', () => {
  test('stands by without any path until it may go on', async () => {
    enter('customer', [customer(admitted), host()], { standBy: true });
    await settled();
    assert.equal(call.state.phase, 'asking');
    assert.equal(connections.length, 0);
    Socket.last.say(welcome({ self: 'customer', room: { ended: false, participants: [customer(admitted), host()] } }));
    await settled();
    assert.equal(call.state.phase, 'in_call');
    assert.deepEqual(order(), ['offer'], 'the new device begins the next generation');
  });

  test('that is turned away stops, with its camera closed', async () => {
    enter('customer', [], { standBy: true });
    say({ type: 'bye', action: 'stop', reason: 'in_use' });
    assert.equal(call.state.phase, 'stopped');
    assert.ok(media.stream.getTracks().every(({ readyState }) => readyState === 'ended'));
  });

  test('is answered by whoever is asked', () => {
    enter('customer', [customer({ ...admitted, deviceAsks: true }), host()]);
    void call.answerDevice('customer', true).catch(() => undefined);
    assert.equal(call.state.self.deviceAsks, true);
    assert.deepEqual(sent('seat').map(({ participant, allow }) => [participant, allow]), [['customer', true]]);
  });
});

describe('the end', () => {
  const dark = () => media.stream.getTracks().every(({ readyState }) => readyState === 'ended');
  let over;

  beforeEach(async () => {
    enter('customer', [customer(admitted), host()]);
    over = [];
    call.on('stopped', ({ phase }) => over.push(phase));
    await settled();
  });

  test('by leaving: devices stop at once, the server is told, then the line closes', async () => {
    const leaving = call.leave();
    assert.ok(dark());
    assert.equal(call.state.phase, 'left');
    say({ type: 'ack', ref: sent('leave')[0].ref });
    await leaving;
    assert.equal(connections[0].signalingState, 'closed');
    assert.equal(Socket.last.readyState, 3);
    assert.deepEqual(over, ['left']);
  });

  test('by leaving without a network does not keep anybody waiting', async () => {
    Socket.last.drop();
    const leaving = call.leave();
    timers.tick(2_000);
    await leaving;
    assert.deepEqual(over, ['left']);
    const tries = Socket.all.length;
    timers.tick(60_000);
    assert.equal(Socket.all.length, tries);
  });

  test('by the host for everybody', () => {
    say({ type: 'state', room: { ended: true, participants: [customer(admitted), host()] } });
    assert.ok(dark());
    assert.deepEqual(over, ['ended']);
  });

  test('by another device that took the seat', () => {
    Socket.last.say({ type: 'bye', action: 'stop', reason: 'moved_device' });
    Socket.last.drop();
    assert.ok(dark());
    assert.deepEqual(over, ['stopped']);
    assert.equal(call.state.bye.reason, 'moved_device');
  });

  test('by closing the page: nobody is told, everything is closed', () => {
    call.close();
    assert.ok(dark());
    assert.deepEqual(sent('leave'), []);
    assert.deepEqual(over, ['stopped']);
  });

  test('closes media that is opened too late', () => {
    call.close();
    const late = localMedia();
    call.replaceLocal(late);
    assert.equal(late.stream.getTracks()[0].readyState, 'ended');
  });
});

test('a chat line is shown once, though it comes twice', async () => {
  enter('customer', [customer(admitted), host()]);
  const shown = [];
  call.on('chat', ({ text }) => shown.push(text));
  const sending = call.sendChat('hello');
  const [{ ref, id, text }] = sent('chat');
  const line = { seq: 7, at: 1, sender: 'customer', id, text };
  Socket.last.say({ type: 'chatFrom', line });
  say({ type: 'ack', ref });
  await sending;
  Socket.last.drop();
  timers.tick(500);
  Socket.last.say(welcome({ chat: [line] }));
  assert.deepEqual(shown, ['hello']);
  assert.equal(call.state.chat.length, 1);
});

test('TURN servers of the welcome are used for what is connected', () => {
  const iceServers = [{ urls: ['turn:relay.test'], username: 'u', credential: 'c' }];
  enter('customer', [customer(), host()], { welcome: { iceServers } });
  assert.deepEqual(connections[0].configuration.iceServers, iceServers);
  assert.equal(connections[0].configuration.iceTransportPolicy, 'all');
});

test('where media may only go over a relay, no other way is looked for', () => {
  enter('customer', [customer(), host()], { welcome: { relayOnly: true } });
  assert.equal(connections[0].configuration.iceTransportPolicy, 'relay');
});
