/**
 * What this person sends: their own microphone and camera, or something shown in the camera's place; and what
 * the others are told of it.
 */
import { TypedEvents } from '../lib/typed-events.js';

/**
 * @import { MediaChoice, Shows, Trouble } from '../signaling/messages.js'
 * @import { LocalMedia, Tracks } from './local-media.js'
 * @import { Veil } from './veil.js'
 *
 * @typedef {object} Instead A picture in the camera's place.
 * @property {Exclude<Shows, 'camera'>} shows
 * @property {MediaStreamTrack} track When it ends, the camera is back.
 * @property {boolean} [still] Whether it is held on purpose.
 * @property {() => void} stop Ends where it comes from. Called when something of another `stop` takes its place.
 *
 * @typedef {'no' | 'smaller' | 'paused'} Weak What a weak network has done to the picture.
 *
 * @typedef {{ microphone: MediaChoice, camera: MediaChoice, shows: Shows, trouble: Trouble, still: boolean }} Told
 *
 * @typedef {object} SendingEvents
 * @property {null} change Of the tracks or of what there is to tell.
 */

/** @extends {TypedEvents<SendingEvents>} */
export class Sending extends TypedEvents {
  /** @type {LocalMedia | null} */
  #media = null;
  /** @type {Instead | null} */
  #instead = null;
  /** @type {Weak} */
  #weak = 'no';
  #watching = new AbortController();
  #showing = new AbortController();
  /** @type {Partial<Told>} */
  #told = {};

  /** @returns {LocalMedia | null} Their own devices. */
  get media() {
    return this.#media;
  }

  /** @returns {Instead | null} */
  get instead() {
    return this.#instead;
  }

  /** @returns {Tracks} */
  get tracks() {
    const { audio = null, video = null } = this.#media?.tracks ?? {};
    return { audio, video: this.#instead?.track ?? video };
  }

  /** @returns {Veil | null} Black over one's own camera; null without one. */
  veil() {
    return this.#media?.veil() ?? null;
  }

  /** @returns {Told} What is so now, as the others are to see it. */
  get now() {
    const media = this.#media;
    const picture = this.#instead ? 'on' : media?.camera ?? 'none';
    const weak = this.#weak !== 'no' && picture === 'on';
    return {
      microphone: media?.microphone ?? 'none',
      camera: weak && this.#weak === 'paused' ? 'off' : picture,
      shows: this.#instead?.shows ?? 'camera',
      trouble: weak ? 'network' : !this.#instead && media?.isCameraPaused ? 'device' : 'none',
      still: this.#instead?.still ?? false,
    };
  }

  /** @returns {{ microphone: MediaChoice, camera: MediaChoice }} What a page says with its hello. */
  hello() {
    const { microphone, camera } = this.now;
    this.#told = { microphone, camera, shows: 'camera', trouble: 'none', still: false };
    return { microphone, camera };
  }

  /** @returns {Told | null} What the others have not been told yet; they have from now on. */
  news() {
    const { now } = this;
    const told = this.#told;
    if (/** @type {(keyof Told)[]} */ (Object.keys(now)).every((key) => now[key] === told[key])) return null;
    this.#told = now;
    return now;
  }

  /**
   * Use other devices (or none) from now on; what was used before is closed.
   *
   * @param {LocalMedia | null} media
   */
  use(media) {
    if (this.#media !== media) this.#media?.close();
    this.#media = media;
    this.#watching.abort();
    this.#watching = new AbortController();
    const { signal } = this.#watching;
    for (const name of /** @type {const} */ (['replaced', 'ended', 'paused'])) {
      media?.on(name, () => this.#changed(), { signal });
    }
    this.#changed();
  }

  /**
   * Show something in the camera's place, or (null) the camera again; what was shown before is ended, unless it
   * comes from the same place.
   *
   * @param {Instead | null} instead
   */
  show(instead) {
    this.#showing.abort();
    this.#showing = new AbortController();
    const before = this.#instead;
    this.#instead = instead;
    if (before && before.stop !== instead?.stop) before.stop();
    const { signal } = this.#showing;
    instead?.track.addEventListener('ended', () => this.show(null), { signal });
    this.#changed();
  }

  /** @param {Weak} weak */
  setWeak(weak) {
    if (weak === this.#weak) return;
    this.#weak = weak;
    this.#changed();
  }

  /** @param {boolean} on */
  setMicrophone(on) {
    this.#media?.setMicrophone(on);
    this.#changed();
  }

  /** @param {boolean} on */
  setCamera(on) {
    this.#media?.setCamera(on);
    this.#changed();
  }

  /** Stop everything, so that the lights go out. */
  close() {
    this.#watching.abort();
    this.#showing.abort();
    this.#media?.close();
    this.#instead?.stop();
  }

  #changed() {
    this.emit('change', null);
  }
}
