import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { LocalMedia } from '../../static/js/media/local-media.js';
import { Sending } from '../../static/js/media/sending.js';
import { FakeMediaStream, fakeTrack } from './support/fake-connection.js';

globalThis.MediaStream = FakeMediaStream;

let sending;
let changes;

function devices(...kinds) {
  const stream = new FakeMediaStream();
  for (const kind of kinds) stream.addTrack(fakeTrack(kind));
  return new LocalMedia(stream, 'user', new EventTarget());
}

/** What a track that ends itself shows. */
const picture = (shows, track = fakeTrack('video')) => ({ shows, track, stop: () => track.stop() });

const told = ({ microphone, camera, shows, trouble }) => [microphone, camera, shows, trouble];

beforeEach(() => {
  sending = new Sending();
  changes = [];
  sending.on('change', () => changes.push(told(sending.now)));
});

describe('what is sent and told', () => {
  test('is nothing without devices', () => {
    assert.deepEqual(sending.tracks, { audio: null, video: null });
    assert.deepEqual(told(sending.now), ['none', 'none', 'camera', 'none']);
  });

  test('is one’s own devices, as they are switched', () => {
    const media = devices('audio', 'video');
    sending.use(media);
    sending.setMicrophone(false);
    sending.setCamera(false);
    assert.deepEqual(sending.tracks, media.tracks);
    assert.deepEqual(changes, [
      ['on', 'on', 'camera', 'none'],
      ['off', 'on', 'camera', 'none'],
      ['off', 'off', 'camera', 'none'],
    ]);
  });

  test('is a screen in the camera’s place until it ends, with one’s own sound', () => {
    const media = devices('audio', 'video');
    const screen = fakeTrack('video');
    sending.use(media);
    sending.show(picture('screen', screen));
    assert.deepEqual(sending.tracks, { audio: media.tracks.audio, video: screen });
    screen.dispatchEvent(new Event('ended'));
    assert.deepEqual(sending.tracks, media.tracks);
    assert.deepEqual(changes.slice(1), [['on', 'on', 'screen', 'none'], ['on', 'on', 'camera', 'none']]);
  });

  test('is a document also of somebody who chose sound only', () => {
    sending.use(devices('audio'));
    sending.show(picture('document'));
    assert.deepEqual(told(sending.now), ['on', 'on', 'document', 'none']);
  });

  test('is no trouble while the camera that the system paused is not what is shown', () => {
    const media = devices('audio', 'video');
    sending.use(media);
    media.tracks.video.muted = true;
    media.tracks.video.dispatchEvent(new Event('mute'));
    sending.show(picture('screen'));
    sending.show(null);
    media.tracks.video.muted = false;
    media.tracks.video.dispatchEvent(new Event('unmute'));
    assert.deepEqual(changes.slice(1).map(([, ...rest]) => rest), [
      ['off', 'camera', 'device'],
      ['on', 'screen', 'none'],
      ['off', 'camera', 'device'],
      ['on', 'camera', 'none'],
    ]);
  });

  test('is the network’s trouble only while there is a picture to hold back', () => {
    sending.use(devices('audio', 'video'));
    for (const weak of ['smaller', 'paused', 'paused', 'no']) sending.setWeak(weak);
    assert.deepEqual(changes.slice(1).map(([, ...rest]) => rest), [
      ['on', 'camera', 'network'],
      ['off', 'camera', 'network'],
      ['on', 'camera', 'none'],
    ]);
    sending.setCamera(false);
    sending.setWeak('paused');
    assert.deepEqual(told(sending.now), ['on', 'off', 'camera', 'none']);
  });
});

describe('news', () => {
  test('are told once, and after a hello only what hello cannot say', () => {
    sending.use(devices('audio', 'video'));
    assert.deepEqual(sending.hello(), { microphone: 'on', camera: 'on' });
    assert.equal(sending.news(), null);
    sending.show(picture('screen'));
    assert.equal(sending.news().shows, 'screen');
    assert.equal(sending.news(), null);
    sending.hello();
    assert.equal(sending.news().shows, 'screen', 'the others took it for a camera meanwhile');
  });
});

describe('what is no longer used', () => {
  test('is stopped when something else takes its place, and nothing it does matters any more', () => {
    const [first, second] = [devices('audio', 'video'), devices('audio', 'video')];
    const [screen, document] = [fakeTrack('video'), fakeTrack('video')];
    sending.use(first);
    sending.show(picture('screen', screen));
    sending.show(picture('document', document));
    sending.use(second);
    const count = changes.length;
    screen.dispatchEvent(new Event('ended'));
    first.emit('replaced', first.tracks);
    assert.equal(changes.length, count);
    const states = [screen, first.tracks.video, document, second.tracks.video].map(({ readyState }) => readyState);
    assert.deepEqual(states, ['ended', 'ended', 'live', 'live']);
    sending.close();
    assert.deepEqual([document, second.tracks.video].map(({ readyState }) => readyState), ['ended', 'ended']);
  });

  test('goes on while it is frozen: a still picture of the same source takes its place', () => {
    const camera = fakeTrack('video');
    const stop = () => camera.stop();
    sending.show({ shows: 'document', track: camera, stop });
    sending.show({ shows: 'document', track: fakeTrack('video'), still: true, stop });
    assert.equal(camera.readyState, 'live');
    assert.equal(sending.news()?.still, true, 'the others are told that it is held on purpose');
    sending.show({ shows: 'document', track: camera, stop });
    assert.equal(sending.news()?.still, false);
    sending.show(null);
    assert.equal(camera.readyState, 'ended');
  });
});
