import { byId, hide, listen, setText, setVisible, show } from '../lib/dom.js';
import { text } from '../lib/page-data.js';
import { MediaProblem, openMedia } from '../media/local-media.js';
import { browserKind } from './browser.js';
import { soundMayWork, troubleWords } from './device-words.js';

/**
 * @import { VapMicMeter } from '../elements/mic-meter.js'
 * @import { VapVideoTile } from '../elements/video-tile.js'
 * @import { LocalMedia } from '../media/local-media.js'
 * @import { Way } from './device-words.js'
 */

const PATIENCE_MS = 8_000;

/**
 * The device check of `customer/device.html`: two equal ways to talk, the permission explained, a problem
 * put into words, and the picture and sound level that only this person sees.
 */
export class DeviceCheck {
  #changed;
  #page;
  #opened = new AbortController();
  #turn = 0;
  /** @type {Way} */
  way = 'video';
  /** @type {LocalMedia | null} */
  media = null;

  /**
   * @param {(check: DeviceCheck) => void} changed Called when media is there, is gone, or failed.
   * @param {AbortSignal} signal Its listeners' lifetime; aborting does not close the media.
   */
  constructor(changed, signal) {
    this.#changed = changed;
    this.#page = {
      video: byId('choose-video', HTMLButtonElement),
      sound: byId('choose-sound', HTMLButtonElement),
      hint: byId('device-hint', HTMLElement),
      status: byId('device-status', HTMLElement),
      ready: byId('device-ready', HTMLElement),
      mirror: byId('mirror', HTMLElement),
      tile: /** @type {VapVideoTile} */ (byId('preview-tile', HTMLElement)),
      meter: /** @type {VapMicMeter} */ (byId('mic-meter', HTMLElement)),
      heard: byId('mic-heard', HTMLElement),
      trouble: byId('trouble', HTMLElement),
      troubleTitle: byId('trouble-title', HTMLElement),
      troubleText: byId('trouble-text', HTMLElement),
      troubleSound: byId('trouble-sound', HTMLButtonElement),
    };
    const choose = (/** @type {Way} */ way) => () => void this.choose(way);
    listen(this.#page.video, 'click', choose('video'), signal);
    listen(this.#page.sound, 'click', choose('sound'), signal);
    listen(this.#page.troubleSound, 'click', choose('sound'), signal);
    listen(this.#page.meter, /** @type {any} */ ('vap-heard'), () => setText(this.#page.heard, text('say.device.mic_heard')), signal);
    listen(byId('trouble-again', HTMLButtonElement), 'click', () => void this.choose(this.way), signal);
  }

  /** Whether the last attempt failed. */
  get failed() {
    return !this.#page.trouble.hidden;
  }

  /**
   * Ask for the devices. A later choice overtakes one that still waits for the permission.
   *
   * @param {Way} way
   */
  async choose(way) {
    const turn = (this.#turn += 1);
    this.close();
    this.way = way;
    this.#page.video.setAttribute('aria-pressed', String(way === 'video'));
    this.#page.sound.setAttribute('aria-pressed', String(way === 'sound'));
    hide(this.#page.trouble);
    setText(this.#page.status, text('say.device.asking'));
    const patience = setTimeout(() => setText(this.#page.status, text('say.device.asking_long')), PATIENCE_MS);
    const answer = await openMedia({ video: way === 'video' });
    if (turn !== this.#turn) {
      if (!(answer instanceof MediaProblem)) answer.close();
      clearTimeout(patience);
      return;
    }
    clearTimeout(patience);
    setText(this.#page.status, '');
    if (answer instanceof MediaProblem) this.explain(answer);
    else this.#show(answer);
    this.#changed(this);
  }

  /**
   * Put a problem into words, with what can be done.
   *
   * @param {MediaProblem} problem
   */
  explain(problem) {
    const words = troubleWords(problem, browserKind(navigator));
    setText(this.#page.troubleTitle, text(words.title));
    setText(this.#page.troubleText, text(words.text));
    setVisible(this.#page.troubleSound, soundMayWork(problem, this.way));
    hide(this.#page.hint);
    show(this.#page.trouble);
    this.#page.troubleTitle.focus();
  }

  /** Hand the media over: the check shows it no more and will not close it. */
  take() {
    const { media } = this;
    this.media = null;
    this.close();
    return media;
  }

  /** Stop the devices. */
  close() {
    this.#opened.abort();
    this.media?.close();
    this.media = null;
    this.#page.tile.stream = null;
    this.#page.meter.stream = null;
    hide(this.#page.ready);
    setText(this.#page.heard, '');
  }

  /** @param {LocalMedia} media */
  #show(media) {
    this.media = media;
    this.#opened = new AbortController();
    this.#page.tile.stream = media.stream;
    this.#page.meter.stream = media.stream;
    setVisible(this.#page.mirror, media.kind === 'video');
    hide(this.#page.hint);
    show(this.#page.ready);
    setText(this.#page.heard, text('say.device.mic_hint'));
    media.on('ended', () => void this.choose(this.way), { signal: this.#opened.signal });
  }
}
