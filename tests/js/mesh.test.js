import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { Mesh } from '../../static/js/media/mesh.js';
import { Veil } from '../../static/js/media/veil.js';
import { FakeConnection, FakeMediaStream, fakeTrack, settled } from './support/fake-connection.js';
import { view } from './support/fake-socket.js';

globalThis.MediaStream = FakeMediaStream;

const host = view('staff.1', { stage: 'admitted' });
const customer = (stage) => view('customer', { stage });

let own;
let connections;
let sent;
let mesh;

beforeEach(async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  own = { audio: fakeTrack('audio'), video: fakeTrack('video') };
  connections = [];
  sent = [];
  mesh = new Mesh({
    send: (message) => sent.push(message),
    now: () => Date.UTC(2026, 0, 2),
    connect: (configuration) => {
      connections.push(new FakeConnection(configuration));
      return connections.at(-1);
    },
    veil: () => own.video && new Veil(own.video),
  });
  await mesh.replaceTracks(own);
});

async function room(stage) {
  mesh.sync(host, [customer(stage)]);
  await settled();
}

const sending = () => connections.at(-1).getTransceivers().map(({ sender }) => sender.track);
const shown = () => own.video.clones.map(({ enabled, readyState }) => readyState === 'live' && enabled);
const open = (track) => track.clones.filter(({ readyState }) => readyState === 'live');

describe('a path on its way from the choice to the admit', () => {
  test('carries nothing, then black without sound, then the real picture and sound', async () => {
    const history = [];
    for (const stage of ['waiting', 'preparing', 'admitted']) {
      await room(stage);
      history.push(sending());
    }
    const [veil] = own.video.clones;
    assert.deepEqual([history, shown()], [[[null, null], [null, veil], [own.audio, veil]], [true]]);
    assert.equal(connections.length, 1, 'the path that was warm is the one in use');
  });

  test('is black over a camera that goes on showing its own person to themselves', async () => {
    await room('preparing');
    await room('preparing');
    assert.deepEqual(shown(), [false]);
    assert.equal(own.video.enabled, true);
  });

  test('shows at the admit at once, before the sender has taken anything', async () => {
    await room('preparing');
    mesh.sync(host, [customer('admitted')]);
    assert.deepEqual([shown(), sending()], [[true], [null, own.video.clones[0]]]);
  });

  test('shows what the camera shows after it, and at once nothing of one that is switched off', async () => {
    await room('preparing');
    await room('admitted');
    const seen = [];
    for (const on of [false, true, false]) {
      own.video.enabled = on;
      void mesh.replaceTracks(own);
      seen.push(...shown());
    }
    assert.deepEqual(seen, [false, true, false]);
  });

  test('sends another camera itself after it, and lets go of the one before', async () => {
    await room('preparing');
    await room('admitted');
    const before = own.video;
    own = { ...own, video: fakeTrack('video') };
    await mesh.replaceTracks(own);
    assert.deepEqual([sending(), open(before)], [[own.audio, own.video], []]);
  });

  test('shows nothing at the admit of a camera that is switched off', async () => {
    own.video.enabled = false;
    await room('preparing');
    mesh.sync(host, [customer('admitted')]);
    assert.deepEqual(shown(), [false]);
  });

  test('shows nothing at the admit that is switched off in the same moment', async () => {
    await room('preparing');
    mesh.sync(host, [customer('admitted')]);
    own.video.enabled = false;
    void mesh.replaceTracks(own);
    assert.deepEqual(shown(), [false]);
  });

  test('shows nothing of a camera at the admit when something else is to be seen', async () => {
    await room('preparing');
    const screen = fakeTrack('video');
    await mesh.replaceTracks({ ...own, video: screen });
    mesh.sync(host, [customer('admitted')]);
    assert.deepEqual(shown(), [false]);
    await settled();
    assert.deepEqual(sending(), [own.audio, screen]);
  });

  test('is black over another camera that was opened meanwhile', async () => {
    await room('preparing');
    const before = own.video;
    for (const track of [before, ...before.clones]) track.stop();
    own = { ...own, video: fakeTrack('video') };
    await mesh.replaceTracks(own);
    assert.deepEqual([sending(), shown()], [[null, own.video.clones[0]], [false]]);
  });

  test('carries nothing without a camera, and black as soon as there is one', async () => {
    const { video } = own;
    await mesh.replaceTracks((own = { ...own, video: null }));
    await room('preparing');
    assert.deepEqual(sending(), [null, null]);
    await mesh.replaceTracks((own = { ...own, video }));
    assert.deepEqual(sending(), [null, video.clones[0]]);
  });

  test('is black to each of two who are chosen, and shows to the one who is admitted', async () => {
    const companion = view('guest.1', { stage: 'preparing' });
    mesh.sync(host, [customer('preparing'), companion]);
    mesh.sync(host, [customer('admitted'), companion]);
    assert.deepEqual(shown(), [true, false]);
  });

  test('lets go of the camera when the choice came to nothing, and is black anew after another', async () => {
    for (const stage of ['preparing', 'waiting', 'preparing']) await room(stage);
    assert.deepEqual(open(own.video), [own.video.clones[1]]);
    assert.deepEqual(sending(), [null, own.video.clones[1]]);
  });

  test('is black again in a new generation', async () => {
    await room('preparing');
    mesh.sync(host, [customer('preparing')], { fresh: true });
    await settled();
    assert.equal(connections.length, 2);
    assert.deepEqual([sending(), shown()], [[null, own.video.clones[0]], [false]]);
  });

  test('keeps other sound out while it is black', async () => {
    await room('preparing');
    await mesh.replaceTracks({ ...own, audio: fakeTrack('audio') });
    assert.deepEqual(sending(), [null, own.video.clones[0]]);
  });

  test('lets go of the camera when the call is closed', async () => {
    await room('preparing');
    mesh.close();
    assert.deepEqual(open(own.video), []);
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
