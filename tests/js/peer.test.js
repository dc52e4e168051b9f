import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { Peer } from '../../static/js/media/peer.js';
import { FakeConnection, FakeMediaStream, fakeTrack, settled } from './support/fake-connection.js';

globalThis.MediaStream = FakeMediaStream;

const nothing = { audio: null, video: null };

/** One end, and what it sends. */
function end(id, { polite, nextPc, tracks = nothing }) {
  const connections = [];
  const sent = [];
  let makes = true;
  const peer = new Peer({
    id: id === 'host' ? 'guest' : 'host',
    polite,
    configuration: {},
    tracks,
    send: (message) => sent.push(message),
    nextPc,
    connect: (configuration) => {
      if (!makes) throw new Error('too many connections');
      const connection = new FakeConnection(configuration);
      connections.push(connection);
      return connection;
    },
  });
  return {
    peer,
    sent,
    connections,
    /** Whether the browser makes connections. */
    set makes(does) {
      makes = does;
    },
    get connection() {
      return connections.at(-1);
    },
  };
}

const arrived = (message, sender) => {
  const { to, ...rest } = message;
  return { ...rest, type: `${message.type}From`, sender, seq: 1 };
};

/** Carry everything over until nobody has anything to say, which must not take long. */
async function exchange(host, guest) {
  await settled();
  for (let turn = 0; host.sent.length || guest.sent.length; turn += 1) {
    assert.ok(turn < 10, 'they do not come to an end');
    for (const message of host.sent.splice(0)) guest.peer.receive(arrived(message, 'host'));
    for (const message of guest.sent.splice(0)) host.peer.receive(arrived(message, 'guest'));
    await settled();
  }
}

let generation;
let host;
let guest;
let timers;

beforeEach((t) => {
  timers = t.mock.timers;
  timers.enable({ apis: ['setTimeout'] });
  generation = 100;
  const nextPc = () => (generation += 1);
  host = end('host', { polite: false, nextPc, tracks: { audio: fakeTrack('audio'), video: fakeTrack('video') } });
  guest = end('guest', { polite: true, nextPc, tracks: { audio: fakeTrack('audio'), video: null } });
});

async function nothingFor(looks) {
  for (let look = 0; look < looks; look += 1) {
    timers.tick(50);
    await settled();
  }
}

async function playFor(connection, looks) {
  for (let look = 0; look < looks; look += 1) {
    connection.played += 20;
    await nothingFor(1);
  }
}

const goLive = () => [host, guest].forEach(({ peer }) => peer.goLive());
const kinds = (sent) => sent.map(({ type }) => type);

describe('a first negotiation', () => {
  test('is held back until the path may be used, then sent in order', async () => {
    host.peer.offer();
    await settled();
    host.connection.find({ candidate: 'a', sdpMid: '0', sdpMLineIndex: 0, usernameFragment: 'u' });
    host.connection.find(null);
    assert.deepEqual(host.sent, []);
    host.peer.goLive();
    assert.deepEqual(kinds(host.sent), ['offer', 'candidate', 'candidate']);
    assert.deepEqual(host.sent[1], {
      type: 'candidate',
      to: 'guest',
      pc: 101,
      candidate: 'a',
      sdpMid: '0',
      sdpMLineIndex: 0,
      usernameFragment: 'u',
    });
    assert.equal(host.sent[2].candidate, '');
  });

  test('takes one offer and one answer, sound before picture, both ways on each', async () => {
    host.peer.offer();
    goLive();
    await exchange(host, guest);
    const offer = host.connection.localDescription.sdp;
    assert.deepEqual(host.connection.log, [`local ${offer}`, `remote answer to ${offer}`]);
    for (const { connection, peer } of [host, guest]) {
      assert.equal(connection.signalingState, 'stable');
      const shape = connection.getTransceivers().map(({ kind, direction }) => [kind, direction]);
      assert.deepEqual(shape, [['audio', 'sendrecv'], ['video', 'sendrecv']]);
      assert.equal(peer.pc, 101);
    }
    assert.equal(guest.connections.length, 1, 'the connection made ahead is used');
    const [sound, picture] = guest.connection.getTransceivers();
    assert.equal(sound.sender.track?.kind, 'audio');
    assert.equal(picture.sender.track, null);
  });

  test('other tracks are put in without another negotiation', async () => {
    host.peer.offer();
    goLive();
    await exchange(host, guest);
    const video = fakeTrack('video');
    await guest.peer.replaceTracks({ audio: null, video });
    await settled();
    const senders = guest.connection.getTransceivers().map(({ sender }) => sender.track);
    assert.deepEqual(senders, [null, video]);
    assert.deepEqual(guest.sent, []);
  });

  test('gives the page one stream with both tracks', async () => {
    const streams = [];
    guest.peer.on('track', ({ stream }) => streams.push(stream));
    host.peer.offer();
    goLive();
    await exchange(host, guest);
    assert.equal(new Set(streams).size, 1);
    assert.deepEqual(streams[0].getTracks().map(({ kind }) => kind), ['audio', 'video']);
  });

  test('a candidate does not overtake its offer', async () => {
    host.peer.offer();
    goLive();
    await settled();
    host.connection.find({ candidate: 'quick' });
    let goOn;
    guest.connection.slow = new Promise((resolve) => (goOn = resolve));
    for (const message of host.sent) guest.peer.receive(arrived(message, 'host'));
    await settled();
    assert.deepEqual(guest.connection.log, []);
    goOn();
    await settled();
    const what = guest.connection.log.map((line) => line.split(' ')[0]);
    assert.deepEqual(what, ['remote', 'local', 'candidate']);
  });
});

describe('glare', () => {
  beforeEach(() => {
    const same = () => 7;
    host = end('host', { polite: false, nextPc: same });
    guest = end('guest', { polite: true, nextPc: same });
  });

  test('the polite one gives way and nothing is negotiated twice', async () => {
    host.peer.offer();
    guest.peer.offer();
    goLive();
    await exchange(host, guest);
    assert.equal(host.connections.length, 1);
    assert.equal(guest.connection.remoteDescription.sdp, host.connection.localDescription.sdp);
    for (const { connection } of [host, guest]) {
      assert.equal(connection.signalingState, 'stable');
      assert.equal(connection.getTransceivers().length, 2);
    }
  });

  test('candidates of the offer that was ignored do no harm', async () => {
    host.peer.offer();
    guest.peer.offer();
    goLive();
    await settled();
    guest.connection.find({ candidate: 'of the ignored offer' });
    await exchange(host, guest);
    assert.equal(host.connections.length, 1);
    assert.equal(host.connection.signalingState, 'stable');
  });

  test('both restarting at once ends in one negotiation', async () => {
    host.peer.offer();
    goLive();
    await exchange(host, guest);
    for (const { connection } of [host, guest]) connection.restartIce();
    await exchange(host, guest);
    assert.ok(guest.connection.log.includes('rolled back'));
    assert.ok(!host.connection.log.includes('rolled back'));
    for (const { connection } of [host, guest]) assert.equal(connection.signalingState, 'stable');
    assert.equal(guest.connection.remoteDescription.sdp, host.connection.localDescription.sdp);
  });
});

describe('generations', () => {
  test('a newer one replaces the connection, and messages of the older are ignored', async () => {
    host.peer.offer();
    goLive();
    await settled();
    const late = host.sent.splice(0);
    host.peer.renew();
    await exchange(host, guest);
    assert.equal(host.peer.pc, 102);
    assert.equal(guest.peer.pc, 102);
    const before = [...guest.connection.log];
    for (const message of late) guest.peer.receive(arrived(message, 'host'));
    await settled();
    assert.deepEqual(guest.connection.log, before);
    assert.equal(host.connections[0].signalingState, 'closed');
  });

  test('a candidate of one whose offer never came is ignored', async () => {
    guest.peer.goLive();
    guest.peer.receive({ type: 'candidateFrom', sender: 'host', seq: 1, pc: 500, candidate: 'x' });
    await settled();
    assert.equal(guest.peer.pc, -1);
    assert.deepEqual(guest.connection.log, []);
  });

  test('what is under way when its generation is replaced holds up nothing of the next one', async () => {
    host.peer.offer();
    goLive();
    await settled();
    guest.connection.slow = new Promise(() => {});
    const [offer] = host.sent.splice(0);
    guest.peer.receive(arrived(offer, 'host'));
    await settled();
    guest.peer.renew();
    await exchange(host, guest);
    assert.equal(guest.connection.signalingState, 'stable');
    assert.equal(guest.connection.remoteDescription?.type, 'answer');
    assert.equal(host.connection.signalingState, 'stable');
  });

  test('an answer that comes twice is taken once', async () => {
    host.peer.offer();
    goLive();
    await settled();
    const [offer] = host.sent.splice(0);
    guest.peer.receive(arrived(offer, 'host'));
    await settled();
    const [answer] = guest.sent.splice(0);
    host.peer.receive(arrived(answer, 'guest'));
    host.peer.receive(arrived(answer, 'guest'));
    await settled();
    assert.equal(host.connections.length, 1);
    assert.equal(host.connection.log.filter((line) => line.startsWith('remote')).length, 1);
  });

  test('when both begin anew, the higher one wins on both sides', async () => {
    host.peer.offer();
    guest.peer.offer();
    goLive();
    await exchange(host, guest);
    assert.deepEqual([host.peer.pc, guest.peer.pc], [102, 102]);
    assert.equal(host.connection.signalingState, 'stable');
    assert.equal(guest.connection.signalingState, 'stable');
  });

  test('a description that the browser refuses begins a new one, but not at once', async () => {
    host.peer.offer();
    goLive();
    guest.connection.slow = Promise.reject(new Error('no such codec'));
    await exchange(host, guest);
    assert.equal(guest.connections.length, 1);
    timers.tick(500);
    await exchange(host, guest);
    assert.equal(guest.connections.length, 2);
    assert.equal(guest.connection.signalingState, 'stable');
    assert.equal(host.peer.pc, guest.peer.pc);
  });
});

describe('a path that breaks', () => {
  beforeEach(async () => {
    host.peer.offer();
    goLive();
    await exchange(host, guest);
    for (const { connection } of [host, guest]) connection.become('connected');
  });

  test('is left alone while it may come back by itself', () => {
    host.connection.become('disconnected');
    timers.tick(2_999);
    host.connection.become('connected');
    timers.tick(60_000);
    assert.equal(host.connection.restarts, 0);
    assert.equal(host.connections.length, 1);
  });

  test('is restarted after three seconds, at once when it failed', () => {
    host.connection.become('disconnected');
    timers.tick(3_000);
    assert.equal(host.connection.restarts, 1);
    host.connection.become('failed');
    assert.equal(host.connection.restarts, 2);
  });

  test('is left to the host for ten seconds, then begun anew: nothing ever has to be rolled back', () => {
    guest.connection.become('failed');
    timers.tick(9_999);
    assert.equal(guest.connections.length, 1);
    timers.tick(1);
    assert.equal(guest.connections.length, 2);
    assert.equal(guest.connections[0].restarts, 0);
  });

  test('is restarted as soon as nothing comes any more, and called broken when people notice', async () => {
    const told = [];
    host.peer.on('stalled', () => told.push('stalled'));
    host.peer.on('connectionstate', ({ state }) => told.push(state));
    host.connection.become('connected');
    await playFor(host.connection, 4);
    assert.ok(host.peer.flows);
    await nothingFor(9);
    assert.deepEqual(told, ['connected', 'stalled']);
    assert.equal(host.connection.restarts, 1);
    assert.ok(!host.peer.flows);
    await nothingFor(21);
    assert.deepEqual(told, ['connected', 'stalled', 'disconnected']);
    await playFor(host.connection, 1);
    assert.deepEqual(told, ['connected', 'stalled', 'disconnected', 'connected']);
    assert.ok(host.peer.flows);
    timers.tick(60_000);
    assert.equal(host.connections.length, 1, 'what flows again needs no new generation');
  });

  test('is given a new generation when a restart does not help, later each time', () => {
    host.connection.become('failed');
    timers.tick(9_999);
    assert.equal(host.connections.length, 1);
    timers.tick(1);
    assert.equal(host.connections.length, 2);
    timers.tick(19_999);
    assert.equal(host.connections.length, 2);
    timers.tick(1);
    assert.equal(host.connections.length, 3);
  });

  test('is not given up when the browser cannot make a connection', () => {
    host.makes = false;
    assert.throws(() => host.peer.renew(), /too many/);
    host.makes = true;
    timers.tick(20_000);
    assert.equal(host.connections.length, 2);
    assert.equal(host.connection.signalingState, 'stable');
  });

  test('is not mended any more once it is closed', () => {
    host.connection.become('failed');
    host.peer.close();
    timers.tick(60_000);
    assert.equal(host.connections.length, 1);
    assert.equal(host.peer.connectionState, 'closed');
  });
});

test('a path that never comes about is tried again, first by the host', async () => {
  host.peer.offer();
  goLive();
  await exchange(host, guest);
  timers.tick(10_000);
  assert.equal(host.connections.length, 2);
  assert.equal(guest.connections.length, 1);
  await exchange(host, guest);
  assert.equal(guest.peer.pc, host.peer.pc);
});
