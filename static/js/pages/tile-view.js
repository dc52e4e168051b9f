/**
 * What a person's tile shows of them: the same on both sides of a call.
 *
 * @import { VapVideoTile } from '../elements/video-tile.js'
 * @import { CallState } from '../media/call-state.js'
 * @import { ParticipantView } from '../signaling/messages.js'
 */
import { text } from '../lib/page-data.js';

/** @type {WeakMap<MediaStreamTrack, MediaStream>} */
const streams = new WeakMap();

/**
 * Show what somebody else does. Sound only is a choice, and reads as one.
 *
 * @param {VapVideoTile} tile
 * @param {ParticipantView} someone
 */
export function showSomeone(tile, someone) {
  tile.setAttribute('microphone', someone.microphone);
  tile.setAttribute('camera', someone.camera);
  tile.setAttribute('label-camera-off', text(`say.call.picture.${pictureKey(someone)}`));
  tile.toggleAttribute('data-whole', (someone.shows ?? 'camera') !== 'camera');
  tile.setAttribute('note', someone.still && someone.camera === 'on' ? text('say.call.picture.still') : '');
}

/**
 * Why there is no picture of somebody, as a key.
 *
 * @param {Pick<ParticipantView, 'camera' | 'microphone' | 'trouble'>} someone
 */
export function pictureKey({ camera, microphone, trouble }) {
  if (camera === 'none') return microphone === 'none' ? 'listens' : 'sound_only';
  return { network: 'weak', device: 'paused', none: 'off' }[trouble ?? 'none'];
}

/**
 * Show one's own picture: what the others see of it, a document as it lies there.
 *
 * @param {VapVideoTile} tile
 * @param {CallState} state
 * @param {boolean} seen Whether the tile is to be seen at all.
 */
export function showOwn(tile, { instead, localMedia, mic, camera }, seen) {
  tile.setAttribute('microphone', mic);
  tile.setAttribute('camera', instead ? 'on' : camera);
  tile.toggleAttribute('rear', instead !== null || localMedia?.facing === 'environment');
  tile.toggleAttribute('data-whole', instead !== null);
  const stream = instead ? streamOf(instead.track) : localMedia?.stream ?? null;
  tile.stream = seen ? stream : null;
}

/** @param {MediaStreamTrack} track */
function streamOf(track) {
  const stream = streams.get(track) ?? new MediaStream([track]);
  streams.set(track, stream);
  return stream;
}
