import assert from 'node:assert/strict';
import { beforeEach, describe, mock, test } from 'node:test';

import { LocalMedia } from '../../static/js/media/local-media.js';
import { start } from '../../static/js/pages/feature-pause.js';
import { notes } from '../../static/js/pages/feature-notes.js';
import { FakeMediaStream, fakeTrack } from './support/fake-connection.js';

let devices;
let media;
let opened;
let over;

/** A device goes away: the browser says so of its track, which never comes back. */
function unplug(track) {
  track.readyState = 'ended';
  track.dispatchEvent(new Event('ended'));
}

const turns = async () => {
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
};

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout'] });
  globalThis.document = Object.assign(new EventTarget(), { hidden: false });
  globalThis.window = new EventTarget();
  opened = [];
  devices = Object.assign(new EventTarget(), {
    plugged: true,
    async getUserMedia(wanted) {
      opened.push(Object.keys(wanted).join());
      if (!devices.plugged) throw new Error('NotFoundError');
      const stream = new FakeMediaStream();
      for (const kind of Object.keys(wanted)) stream.addTrack(fakeTrack(kind));
      return stream;
    },
  });
  const stream = new FakeMediaStream();
  for (const kind of ['audio', 'video']) stream.addTrack(fakeTrack(kind));
  media = new LocalMedia(stream, 'user', devices);
  over = new AbortController();
  const call = { state: { localMedia: media } };
  start(call, { signal: over.signal })(call.state);
});

const unheard = () => {
  const state = { trouble: 'none', camera: 'on', localMedia: media, participants: [] };
  return notes(state, 'customer').some(({ key }) => key === 'own_unheard');
};

describe('a device that is unplugged in a call', () => {
  for (const kind of ['audio', 'video']) {
    test(`gives way to another at once, and stays as it was: ${kind}`, async () => {
      const before = media.tracks[kind];
      before.enabled = false;
      unplug(before);
      await turns();
      assert.deepEqual(opened, [kind]);
      assert.notEqual(media.tracks[kind], before);
      assert.deepEqual([media.tracks[kind].readyState, media.tracks[kind].enabled], ['live', false]);
    });
  }

  test('is asked for once, when both go together', async () => {
    const { audio, video } = media.tracks;
    audio.readyState = video.readyState = 'ended';
    unplug(audio);
    unplug(video);
    await turns();
    assert.deepEqual(opened, ['audio', 'video']);
  });

  test('is said while there is no other, and one that is plugged in is used', async () => {
    devices.plugged = false;
    unplug(media.tracks.audio);
    await turns();
    assert.equal(unheard(), true, 'nobody talks into a dead microphone without knowing');
    devices.plugged = true;
    devices.dispatchEvent(new Event('devicechange'));
    mock.timers.tick(1_500);
    await turns();
    assert.equal(media.tracks.audio.readyState, 'live');
    assert.equal(unheard(), false);
  });

  test('is left alone when the call is over', async () => {
    over.abort();
    unplug(media.tracks.audio);
    devices.dispatchEvent(new Event('devicechange'));
    mock.timers.tick(1_500);
    await turns();
    assert.deepEqual(opened, []);
  });
});

describe('a microphone that the phone took for a call of its own', () => {
  beforeEach(() => {
    media.tracks.audio.muted = true;
    media.tracks.audio.dispatchEvent(new Event('mute'));
  });

  test('is said to be, unless it was turned off anyway', () => {
    assert.equal(unheard(), true);
    media.setMicrophone(false);
    assert.equal(unheard(), false);
  });

  test('is had back after the return to the page, if the phone does not give it back', async () => {
    document.dispatchEvent(new Event('visibilitychange'));
    await turns();
    assert.deepEqual(opened, [], 'mostly it does');
    mock.timers.tick(1_500);
    await turns();
    assert.deepEqual(opened, ['audio']);
    assert.equal(unheard(), false);
  });

  test('is not asked for while the page is out of sight', async () => {
    document.hidden = true;
    document.dispatchEvent(new Event('visibilitychange'));
    mock.timers.tick(10_000);
    await turns();
    assert.deepEqual(opened, []);
  });
});
