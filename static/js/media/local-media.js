/**
 * This person's own microphone and camera: opening them, saying why it failed, switching, stopping.
 */
import { TypedEvents } from '../lib/typed-events.js';
import { MediaProblem, explain } from './media-problem.js';
import { Veil } from './veil.js';

export { MediaProblem };

/**
 * @import { MediaChoice } from '../signaling/messages.js'
 *
 * @typedef {'user' | 'environment'} Facing
 *
 * @typedef {object} Tracks What is sent to the others; null where there is nothing.
 * @property {MediaStreamTrack | null} audio
 * @property {MediaStreamTrack | null} video
 *
 * @typedef {object} LocalMediaEvents
 * @property {{ medium: 'audio' | 'video' }} ended The device went away (unplugged, permission withdrawn).
 * @property {{ medium: 'audio' | 'video', paused: boolean }} paused The system paused or resumed it.
 * @property {Tracks} replaced Another camera or microphone delivers now.
 * @property {null} devices The list of devices changed.
 *
 * @typedef {object} Surroundings Given by tests.
 * @property {Pick<MediaDevices, 'getUserMedia' | 'enumerateDevices' | 'addEventListener'> | undefined} devices
 * @property {Pick<Permissions, 'query'> | undefined} permissions
 * @property {boolean} secure
 */

/** @returns {Surroundings} */
const browser = () => ({
  devices: globalThis.navigator?.mediaDevices,
  permissions: globalThis.navigator?.permissions,
  secure: globalThis.isSecureContext,
});

/**
 * A face needs no more than 640x360, and a call that starts with it shows its first frame 70 ms sooner
 * than at 1280x720 (two tabs, two cores); a document before the rear camera is there to be read.
 *
 * @type {Record<Facing, MediaTrackConstraints>}
 */
const SIZE = {
  user: { width: { ideal: 640, max: 1280 }, height: { ideal: 360, max: 720 } },
  environment: { width: { ideal: 1280, max: 1280 }, height: { ideal: 720, max: 720 } },
};

/** @param {Facing} facing */
const camera = (facing) => ({
  ...SIZE[facing],
  facingMode: facing,
  frameRate: { ideal: 30, max: 30 },
});

const MICROPHONE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/**
 * Ask for the devices. Never rejects: the problem is an answer that the page puts into words.
 *
 * @param {{ audio?: boolean, video: boolean, facing?: Facing }} wanted `video: false` is sound only.
 * @param {Surroundings} [surroundings]
 * @returns {Promise<LocalMedia | MediaProblem>}
 */
export async function openMedia({ audio = true, video, facing = 'user' }, surroundings = browser()) {
  const { devices, secure } = surroundings;
  if (!secure) return new MediaProblem('insecure', 'both');
  if (!devices?.getUserMedia) return new MediaProblem('unsupported', 'both');
  try {
    const constraints = { audio: audio && MICROPHONE, video: video && camera(facing) };
    const stream = await devices.getUserMedia(constraints);
    return new LocalMedia(stream, facing, devices);
  } catch (error) {
    return explain(error, { audio, video }, surroundings);
  }
}

/** @extends {TypedEvents<LocalMediaEvents>} */
export class LocalMedia extends TypedEvents {
  #devices;
  #facing;
  /** @type {{ enabled: boolean } | null} */
  #lent = null;
  /** @type {Veil[]} */
  #veils = [];
  #closing = new AbortController();

  /**
   * @param {MediaStream} stream
   * @param {Facing} facing
   * @param {NonNullable<Surroundings['devices']>} devices
   */
  constructor(stream, facing, devices) {
    super();
    /** Stays the same object when a camera is switched; show it as the self-view. */
    this.stream = stream;
    this.#facing = facing;
    this.#devices = devices;
    for (const track of stream.getTracks()) this.#watch(track);
    const { signal } = this.#closing;
    devices.addEventListener('devicechange', () => this.emit('devices', null), { signal });
  }

  /** Whether it has a picture: 'video', or 'audio' for sound only. */
  get kind() {
    return this.tracks.video || this.#lent ? 'video' : 'audio';
  }

  get facing() {
    return this.#facing;
  }

  /** @returns {Tracks} */
  get tracks() {
    return {
      audio: this.stream.getAudioTracks()[0] ?? null,
      video: this.stream.getVideoTracks()[0] ?? null,
    };
  }

  /** @returns {Veil | null} One more over the camera, until another camera is opened; null if there is none. */
  veil() {
    const { video } = this.tracks;
    if (video?.readyState !== 'live') return null;
    const veil = new Veil(video);
    this.#veils.push(veil);
    return veil;
  }

  /** @returns {MediaChoice} */
  get microphone() {
    return choice(this.tracks.audio);
  }

  /** @returns {MediaChoice} */
  get camera() {
    if (this.#lent) return this.#lent.enabled ? 'on' : 'off';
    return choice(this.tracks.video);
  }

  /** Whether the system has paused a camera that is on. */
  get isCameraPaused() {
    const { video } = this.tracks;
    return video !== null && video.readyState !== 'ended' && video.enabled && video.muted;
  }

  /** @param {boolean} on */
  setMicrophone(on) {
    const { audio } = this.tracks;
    if (audio) audio.enabled = on;
  }

  /** @param {boolean} on */
  setCamera(on) {
    const { video } = this.tracks;
    if (video) video.enabled = on;
    else if (this.#lent) this.#lent.enabled = on;
  }

  /**
   * Use the camera on the other side of the phone. The present one is stopped first: phones open only
   * one at a time. If the other can't be opened, the first comes back.
   *
   * @returns {Promise<boolean>} Whether it was switched.
   */
  async flip() {
    const other = this.#facing === 'user' ? 'environment' : 'user';
    const switched = await this.#switchCamera({ ...camera(other), facingMode: { exact: other } });
    if (switched) this.#facing = other;
    return switched;
  }

  /**
   * Use another microphone or camera; the one before comes back if it can't be opened.
   *
   * @param {'audio' | 'video'} medium
   * @param {string} deviceId
   * @returns {Promise<boolean>} Whether it was switched.
   */
  async useDevice(medium, deviceId) {
    const exact = { deviceId: { exact: deviceId } };
    if (medium === 'audio') return this.#switchMicrophone({ ...MICROPHONE, ...exact });
    const { facingMode: _, ...size } = camera(this.#facing);
    return this.#switchCamera({ ...size, ...exact });
  }

  /**
   * Open a device anew that the system took away or keeps paused, as after a phone call.
   *
   * @param {'audio' | 'video'} medium
   * @returns {Promise<boolean>} Whether it delivers again.
   */
  async reopen(medium) {
    if (medium === 'audio') return this.#switchMicrophone(MICROPHONE);
    return this.#switchCamera(camera(this.#facing));
  }

  /** Let go of the camera, so that another of this phone can be opened; `camera` stays what it was. */
  lendCamera() {
    const { video } = this.tracks;
    if (!video) return;
    this.#lent = { enabled: video.enabled };
    this.#letGo(video);
    this.emit('replaced', this.tracks);
  }

  /** Have the camera again that was let go of. */
  async takeCameraBack() {
    const lent = this.#lent;
    if (!lent || this.#closing.signal.aborted) return;
    this.#lent = null;
    await this.#addCamera(camera(this.#facing), lent.enabled);
    if (!this.#closing.signal.aborted) this.emit('replaced', this.tracks);
  }

  /** Stop the devices, so that their lights go out. */
  close() {
    this.#closing.abort();
    for (const each of [...this.stream.getTracks(), ...this.#veils]) each.stop();
  }

  /** @param {MediaStreamTrack} camera */
  #letGo(camera) {
    for (const each of [camera, ...this.#veils.splice(0)]) each.stop();
    this.stream.removeTrack(camera);
  }

  /**
   * @param {MediaTrackConstraints} constraints
   * @returns {Promise<boolean>}
   */
  async #switchCamera(constraints) {
    const old = this.tracks.video;
    if (!old || this.#closing.signal.aborted) return false;
    const { enabled } = old;
    const { deviceId } = old.getSettings?.() ?? {};
    this.#letGo(old);
    const switched = await this.#addCamera(constraints, enabled);
    if (!switched) await this.#addCamera(deviceId ? { ...SIZE[this.#facing], deviceId } : camera(this.#facing), enabled);
    if (!this.#closing.signal.aborted) this.emit('replaced', this.tracks);
    return switched;
  }

  /**
   * Two microphones may be open at once, so nothing of what is said is lost.
   *
   * @param {MediaTrackConstraints} constraints
   * @returns {Promise<boolean>}
   */
  async #switchMicrophone(constraints) {
    const old = this.tracks.audio;
    if (!old || this.#closing.signal.aborted) return false;
    const stream = await this.#devices.getUserMedia({ audio: constraints }).catch(() => null);
    const track = stream?.getAudioTracks()[0];
    if (!track) return false;
    if (this.#closing.signal.aborted) {
      track.stop();
      return false;
    }
    track.enabled = old.enabled;
    this.stream.removeTrack(old);
    this.stream.addTrack(track);
    this.#watch(track);
    this.emit('replaced', this.tracks);
    old.stop();
    return true;
  }

  /**
   * @param {MediaTrackConstraints} constraints
   * @param {boolean} enabled
   */
  async #addCamera(constraints, enabled) {
    const stream = await this.#devices.getUserMedia({ video: constraints }).catch(() => null);
    const track = stream?.getVideoTracks()[0];
    if (!track) return false;
    track.enabled = enabled;
    this.stream.addTrack(track);
    this.#watch(track);
    if (this.#closing.signal.aborted) track.stop();
    return true;
  }

  /** @param {MediaStreamTrack} track */
  #watch(track) {
    const { signal } = this.#closing;
    const medium = /** @type {'audio' | 'video'} */ (track.kind);
    const tell = (/** @type {boolean} */ paused) => this.emit('paused', { medium, paused });
    track.addEventListener('ended', () => this.emit('ended', { medium }), { signal });
    track.addEventListener('mute', () => tell(true), { signal });
    track.addEventListener('unmute', () => tell(false), { signal });
  }
}

/**
 * @param {MediaStreamTrack | null} track
 * @returns {MediaChoice}
 */
function choice(track) {
  if (!track || track.readyState === 'ended') return 'none';
  return track.enabled && !track.muted ? 'on' : 'off'; // muted: the system paused it
}
