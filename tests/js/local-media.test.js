import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { LocalMedia, MediaProblem, openMedia } from '../../static/js/media/local-media.js';
import { FakeMediaStream, fakeTrack } from './support/fake-connection.js';

const error = (name, message = '') => Object.assign(new Error(message), { name });

/** A device that opens what it is asked for, or fails as told. */
class FakeDevices extends EventTarget {
  asked = [];
  open = [];

  constructor({ fail = () => undefined, present = ['audioinput', 'videoinput'] } = {}) {
    super();
    this.fail = fail;
    this.present = present;
  }

  async getUserMedia(constraints) {
    this.asked.push(constraints);
    const problem = this.fail(constraints);
    if (problem) throw problem;
    const stream = new FakeMediaStream();
    for (const kind of ['audio', 'video']) {
      if (!constraints[kind]) continue;
      const track = fakeTrack(kind);
      this.open.push(track);
      stream.addTrack(track);
    }
    return stream;
  }

  async enumerateDevices() {
    return this.present.map((kind) => ({ kind }));
  }
}

const around = (devices, { permission = 'denied', secure = true } = {}) => ({
  devices,
  permissions: { query: async () => ({ state: permission }) },
  secure,
});

const failing = (name, message, options) =>
  around(new FakeDevices({ fail: () => error(name, message), ...options }), options);

async function problem(surroundings, wanted = { video: true }) {
  const opened = await openMedia(wanted, surroundings);
  assert.ok(opened instanceof MediaProblem);
  return [opened.kind, opened.device];
}

describe('a problem is told by its kind', () => {
  const cases = [
    ['NotAllowedError', '', { permission: 'denied' }, 'denied'],
    ['NotAllowedError', 'Permission dismissed', { permission: 'denied' }, 'dismissed'],
    ['NotAllowedError', '', { permission: 'prompt' }, 'dismissed'],
    ['NotAllowedError', 'Permission denied by system', { permission: 'prompt' }, 'denied'],
    ['NotReadableError', '', {}, 'busy'],
    ['AbortError', '', {}, 'busy'],
    ['SecurityError', '', {}, 'insecure'],
    ['NotSupportedError', '', {}, 'unsupported'],
    ['SomethingNew', '', {}, 'unknown'],
  ];
  for (const [name, message, options, kind] of cases) {
    test(`${name} «${message}» ${options.permission ?? ''} is ${kind}`, async () => {
      assert.deepEqual(await problem(failing(name, message, options)), [kind, 'both']);
    });
  }

  for (const [present, device] of [
    [['audioinput'], 'camera'],
    [['videoinput'], 'microphone'],
    [[], 'both'],
  ]) {
    test(`what is missing with [${present}] is ${device}`, async () => {
      assert.deepEqual(await problem(failing('NotFoundError', '', { present })), ['missing', device]);
    });
  }

  test('for sound only it is about the microphone', async () => {
    assert.deepEqual(await problem(failing('NotReadableError'), { video: false }), ['busy', 'microphone']);
  });

  test('a browser that does not know the permission counts as a refusal', async () => {
    const surroundings = failing('NotAllowedError');
    surroundings.permissions.query = () => Promise.reject(new TypeError('unknown name'));
    assert.deepEqual(await problem(surroundings), ['denied', 'both']);
  });

  test('an insecure page and an old browser are not even asked', async () => {
    const devices = new FakeDevices();
    assert.deepEqual(await problem(around(devices, { secure: false })), ['insecure', 'both']);
    assert.deepEqual(await problem(around(undefined)), ['unsupported', 'both']);
    assert.deepEqual(devices.asked, []);
  });
});

describe('open media', () => {
  test('of both kinds asks for a face at most 1280x720, and hears without echo', async () => {
    const devices = new FakeDevices();
    const media = await openMedia({ video: true }, around(devices));
    assert.ok(media instanceof LocalMedia);
    const [{ audio, video }] = devices.asked;
    assert.equal(audio.echoCancellation, true);
    assert.equal(video.facingMode, 'user');
    assert.equal(video.width.max, 1280);
    assert.deepEqual([media.kind, media.microphone, media.camera], ['video', 'on', 'on']);
  });

  test('for sound only asks for no camera', async () => {
    const devices = new FakeDevices();
    const media = await openMedia({ video: false }, around(devices));
    assert.equal(devices.asked[0].video, false);
    assert.deepEqual([media.kind, media.microphone, media.camera], ['audio', 'on', 'none']);
  });

  test('is muted and shown again by its tracks', async () => {
    const media = await openMedia({ video: true }, around(new FakeDevices()));
    media.setMicrophone(false);
    media.setCamera(false);
    assert.deepEqual([media.microphone, media.camera], ['off', 'off']);
    media.setMicrophone(true);
    assert.equal(media.tracks.audio.enabled, true);
  });

  test('says when a device goes away and when the system pauses it', async () => {
    const media = await openMedia({ video: true }, around(new FakeDevices()));
    const told = [];
    media.on('ended', ({ medium }) => told.push(`${medium} ended`));
    media.on('paused', ({ medium, paused }) => told.push(`${medium} ${paused ? 'paused' : 'resumed'}`));
    const { audio, video } = media.tracks;
    video.muted = true;
    video.dispatchEvent(new Event('mute'));
    assert.equal(media.camera, 'off');
    video.muted = false;
    video.dispatchEvent(new Event('unmute'));
    audio.stop();
    audio.dispatchEvent(new Event('ended'));
    assert.equal(media.microphone, 'none');
    assert.deepEqual(told, ['video paused', 'video resumed', 'audio ended']);
  });

  test('says when the list of devices changes, until it is closed', async () => {
    const devices = new FakeDevices();
    const media = await openMedia({ video: true }, around(devices));
    let changes = 0;
    media.on('devices', () => (changes += 1));
    devices.dispatchEvent(new Event('devicechange'));
    media.close();
    devices.dispatchEvent(new Event('devicechange'));
    assert.equal(changes, 1);
    assert.deepEqual(devices.open.map(({ readyState }) => readyState), ['ended', 'ended']);
  });
});

describe('the other camera', () => {
  test('is opened after the first is stopped, in the same stream, as visible as before', async () => {
    let stoppedFirst;
    const devices = new FakeDevices();
    const media = await openMedia({ video: true }, around(devices));
    media.setCamera(false);
    const [, first] = devices.open;
    devices.fail = () => void (stoppedFirst = first.readyState === 'ended');
    const { stream } = media;
    const told = [];
    media.on('replaced', (tracks) => told.push(tracks.video));
    assert.equal(await media.flip(), true);
    assert.equal(stoppedFirst, true);
    assert.deepEqual(devices.asked[1].video.facingMode, { exact: 'environment' });
    assert.equal(media.facing, 'environment');
    assert.equal(media.stream, stream);
    assert.deepEqual(told, [devices.open[2]]);
    assert.equal(media.camera, 'off');
  });

  test('is opened after what hid the first from the others has let go of it too', async () => {
    const devices = new FakeDevices();
    const media = await openMedia({ video: true }, around(devices));
    const veils = [media.veil(), media.veil()];
    let open;
    devices.fail = () => void (open = veils.filter(({ track }) => track.readyState === 'live'));
    assert.equal(await media.flip(), true);
    assert.deepEqual(open, []);
    assert.equal(media.veil().track.enabled, false);
  });

  test('gives way to the first when it cannot be opened', async () => {
    const exact = ({ video }) => video.facingMode?.exact && error('OverconstrainedError');
    const devices = new FakeDevices({ fail: exact });
    const media = await openMedia({ video: true }, around(devices));
    assert.equal(await media.flip(), false);
    assert.deepEqual([media.facing, media.camera], ['user', 'on']);
  });

  test('does not stay on when the media is closed meanwhile', async () => {
    const devices = new FakeDevices();
    const media = await openMedia({ video: true }, around(devices));
    const flipping = media.flip();
    media.close();
    await flipping;
    assert.deepEqual(devices.open.map(({ readyState }) => readyState), ['ended', 'ended', 'ended']);
    assert.equal(await media.flip(), false);
  });

  test('is nothing for sound only', async () => {
    const media = await openMedia({ video: false }, around(new FakeDevices()));
    assert.equal(await media.flip(), false);
  });
});

describe('another device', () => {
  test('of sound takes over without a gap, muted as before', async () => {
    const devices = new FakeDevices();
    const media = await openMedia({ video: true }, around(devices));
    media.setMicrophone(false);
    const [first] = devices.open;
    let openWhenAsked;
    devices.fail = () => void (openWhenAsked = first.readyState);
    assert.equal(await media.useDevice('audio', 'headset'), true);
    assert.equal(openWhenAsked, 'live', 'the first goes on until the other delivers');
    assert.deepEqual(devices.asked[1].audio.deviceId, { exact: 'headset' });
    assert.equal(devices.asked[1].video, undefined);
    assert.deepEqual([first.readyState, media.tracks.audio, media.microphone], ['ended', devices.open[2], 'off']);
  });

  test('of sound that does not open changes nothing', async () => {
    const devices = new FakeDevices();
    const media = await openMedia({ video: true }, around(devices));
    const before = media.tracks;
    devices.fail = () => error('NotReadableError');
    assert.equal(await media.useDevice('audio', 'headset'), false);
    assert.deepEqual(media.tracks, before);
    assert.equal(before.audio.readyState, 'live');
  });

  test('of the picture is asked for by its id alone, and the one before comes back if it does not open', async () => {
    const devices = new FakeDevices();
    const media = await openMedia({ video: true }, around(devices));
    assert.equal(await media.useDevice('video', 'second'), true);
    assert.deepEqual([devices.asked[1].video.deviceId, devices.asked[1].video.facingMode], [{ exact: 'second' }, undefined]);
    media.tracks.video.getSettings = () => ({ deviceId: 'second' });
    devices.fail = ({ video }) => video.deviceId?.exact && error('NotReadableError');
    assert.equal(await media.useDevice('video', 'third'), false);
    assert.equal(devices.asked.at(-1).video.deviceId, 'second');
    assert.equal(media.camera, 'on');
  });

  test('that opens after the call is over is closed at once', async () => {
    const devices = new FakeDevices();
    const media = await openMedia({ video: true }, around(devices));
    const switching = media.useDevice('audio', 'headset');
    media.close();
    assert.equal(await switching, false);
    assert.deepEqual(devices.open.map(({ readyState }) => readyState), ['ended', 'ended', 'ended']);
  });

  test('is none, but the same anew, after the system took it away', async () => {
    const devices = new FakeDevices();
    const media = await openMedia({ video: true }, around(devices));
    media.tracks.audio.stop();
    media.tracks.video.stop();
    assert.deepEqual([await media.reopen('audio'), await media.reopen('video')], [true, true]);
    assert.deepEqual([media.microphone, media.camera], ['on', 'on']);
  });
});

describe('a camera that was lent', () => {
  test('is off, is shown as it was, and comes back so', async () => {
    const devices = new FakeDevices();
    const media = await openMedia({ video: true }, around(devices));
    media.lendCamera();
    assert.deepEqual([media.tracks.video, media.kind, media.camera], [null, 'video', 'on']);
    assert.equal(devices.open[1].readyState, 'ended');
    media.setCamera(false);
    assert.equal(media.camera, 'off');
    await media.takeCameraBack();
    assert.deepEqual([media.tracks.video.enabled, media.camera], [false, 'off']);
    await media.takeCameraBack();
    assert.equal(devices.open.length, 3, 'nothing is lent any more');
  });

  test('is nothing of somebody who chose sound only', async () => {
    const media = await openMedia({ video: false }, around(new FakeDevices()));
    media.lendCamera();
    await media.takeCameraBack();
    assert.deepEqual([media.kind, media.camera], ['audio', 'none']);
  });
});
