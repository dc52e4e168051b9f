import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { Mesh } from '../../static/js/media/mesh.js';
import { FakeConnection, FakeMediaStream, fakeTrack, settled } from './support/fake-connection.js';
import { view } from './support/fake-socket.js';

globalThis.MediaStream = FakeMediaStream;

const host = view('staff.1', { stage: 'admitted' });
const customer = (stage) => view('customer', { stage });
const own = { audio: fakeTrack('audio'), video: fakeTrack('video') };

let connections;
let made;
let sent;
let mesh;

beforeEach(async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  connections = [];
  made = [];
  sent = [];
  mesh = new Mesh({
    send: (message) => sent.push(message),
    now: () => Date.UTC(2026, 0, 2),
    connect: (configuration) => {
      connections.push(new FakeConnection(configuration));
      return connections.at(-1);
    },
    black: () => {
      const black = { track: fakeTrack('video'), stopped: false, stop: () => (black.stopped = true) };
      made.push(black);
      return black;
    },
  });
  await mesh.replaceTracks(own);
});

async function room(stage) {
  mesh.sync(host, [customer(stage)]);
  await settled();
}

const sending = () => connections.at(-1).getTransceivers().map(({ sender }) => sender.track);

describe('a path on its way from the choice to the admit', () => {
  test('carries nothing, then black without sound, then the real picture and sound', async () => {
    const history = [];
    for (const stage of ['waiting', 'preparing', 'admitted']) {
      await room(stage);
      history.push(sending());
    }
    const [{ track: black }] = made;
    assert.deepEqual(history, [[null, null], [null, black], [own.audio, own.video]]);
    assert.equal(connections.length, 1, 'the path that was warm is the one in use');
  });

  test('makes black once and only when it is needed, and stops it when it is not', async () => {
    await room('waiting');
    assert.equal(made.length, 0);
    await room('preparing');
    await room('preparing');
    assert.deepEqual(made.map(({ stopped }) => stopped), [false]);
    await room('admitted');
    assert.deepEqual(made.map(({ stopped }) => stopped), [true]);
  });

  test('carries black anew after a choice that came to nothing', async () => {
    for (const stage of ['preparing', 'waiting', 'preparing']) await room(stage);
    assert.deepEqual(made.map(({ stopped }) => stopped), [true, false]);
    assert.equal(sending()[1], made[1].track);
  });

  test('is black again in a new generation', async () => {
    await room('preparing');
    mesh.sync(host, [customer('preparing')], { fresh: true });
    await settled();
    assert.equal(connections.length, 2);
    assert.deepEqual(sending(), [null, made[0].track]);
  });

  test('keeps other tracks out while it is black', async () => {
    await room('preparing');
    await mesh.replaceTracks({ audio: fakeTrack('audio'), video: fakeTrack('video') });
    assert.deepEqual(sending(), [null, made[0].track]);
  });

  test('leaves no black picture running when the call is closed', async () => {
    await room('preparing');
    mesh.close();
    assert.deepEqual(made.map(({ stopped }) => stopped), [true]);
  });
});

describe('a picture that is limited', () => {
  const limits = { picture: true, scale: 2, framesPerSecond: 12, bitsPerSecond: 150_000 };
  const wanted = { active: true, scaleResolutionDownBy: 2, maxFramerate: 12, maxBitrate: 150_000 };
  const encodings = () =>
    connections.at(-1).getTransceivers().map(({ sender }) => sender.parameters?.encodings ?? null);

  test('is so on the path that it was limited on, and its sound is not', async () => {
    await room('admitted');
    await mesh.live.get('customer').limit(limits);
    assert.deepEqual(encodings(), [null, [wanted]]);
  });

  test('stays so in a new generation that the other side begins', async () => {
    mesh.sync(view('customer', { stage: 'admitted' }), [host]);
    await mesh.live.get('staff.1').limit(limits);
    mesh.receive({ type: 'offerFrom', sender: 'staff.1', pc: 2 ** 30, seq: 1, sdp: 'offer' });
    await settled();
    assert.deepEqual(encodings(), [null, [wanted]]);
  });

  test('has no paths to limit before the admit', async () => {
    await room('preparing');
    assert.equal(mesh.live.size, 0);
  });
});

test('a forged generation of one pair leaves those of the others within their bounds', async () => {
  const companion = view('guest.1', { stage: 'admitted' });
  mesh.sync(host, [customer('admitted'), companion]);
  await settled();
  mesh.receive({ type: 'offerFrom', sender: 'guest.1', pc: 2 ** 31 - 1, seq: 1, sdp: 'offer' });
  await settled();
  sent.length = 0;
  mesh.sync(host, [customer('admitted'), companion], { fresh: true });
  await settled();
  const [{ pc }] = sent.filter(({ type, to }) => type === 'offer' && to === 'customer');
  assert.ok(pc < 2 ** 30, `${pc}`);
});
