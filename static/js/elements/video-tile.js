/**
 * `<vap-video-tile>`: one person's picture and sound, or their initial while there is no picture.
 *
 * Attributes: `name`; `microphone` and `camera` ("on" | "off" | "none"); `self` (own picture: mirrored,
 * never heard); `rear` (own rear camera: not mirrored); `status` (a sentence over the picture, e.g. that
 * it reconnects); `note` (a few words beside the name, of what the picture is). Words: `label-microphone-off`, `label-camera-off`, `label-play`, `label-frozen` (over a picture
 * that has stopped; without it nothing is said).
 * Property: `stream`. Event: `vap-first-frame`, once a stream, when its first frame is on the screen.
 */
import { make, setText, setVisible } from '../lib/dom.js';

/** A picture that has had no new frame for this long has stopped. */
const FROZEN_AFTER_MS = 3_000;

/** What has taken the sound away, as a phone's own call does, mostly lasts longer than that. */
const SOUND_BACK_AFTER_MS = 1_000;

export class VapVideoTile extends HTMLElement {
  static observedAttributes = [
    ...['name', 'microphone', 'camera', 'status', 'note'],
    ...['label-microphone-off', 'label-camera-off', 'label-play', 'label-frozen'],
  ];

  #video = make('video', 'vap-tile__video');
  // Sound has an element of its own: a video element may wait with it for a picture that never comes.
  #audio = make('audio', 'vap-tile__audio');
  #initial = make('span', 'vap-tile__initial');
  #cameraOff = make('span', 'vap-tile__camera-off');
  #placeholder = make('div', 'vap-tile__placeholder');
  #name = make('span', 'vap-tile__name');
  #microphoneOff = make('span', 'vap-tile__microphone-off');
  #note = make('span', 'vap-tile__note');
  #caption = make('div', 'vap-tile__caption');
  #status = make('p', 'vap-tile__status');
  #play = make('button', 'vap-tile__play');
  /** @type {MediaStream | null} */
  #stream = null;
  #frozen = false;
  /** @type {AbortController | undefined} */
  #watching;

  constructor() {
    super();
    this.#video.playsInline = true;
    this.#video.autoplay = true;
    this.#video.muted = true;
    this.#audio.autoplay = true;
    this.#initial.setAttribute('aria-hidden', 'true');
    this.#status.setAttribute('role', 'status');
    this.#play.type = 'button';
    this.#play.addEventListener('click', () => this.#playSound());
    this.#placeholder.append(this.#initial, this.#cameraOff);
    this.#caption.append(this.#name, this.#microphoneOff, this.#note);
  }

  connectedCallback() {
    this.classList.add('vap-tile');
    const parts = [this.#video, this.#audio, this.#placeholder, this.#status, this.#play, this.#caption];
    this.replaceChildren(...parts);
    setVisible(this.#play, false);
    this.#render();
    this.#attach();
  }

  disconnectedCallback() {
    this.#watching?.abort();
    this.#video.srcObject = null;
    this.#audio.srcObject = null;
  }

  attributeChangedCallback() {
    this.#render();
  }

  get stream() {
    return this.#stream;
  }

  /** @param {MediaStream | null} stream */
  set stream(stream) {
    if (stream === this.#stream) return;
    this.#stream = stream;
    if (this.isConnected) this.#attach();
  }

  #attach() {
    this.#watching?.abort();
    const watching = new AbortController();
    this.#watching = watching;
    const stream = this.#stream;
    this.#video.srcObject = stream;
    if (!this.hasAttribute('self')) {
      this.#audio.srcObject = stream;
      if (stream) {
        this.#playSound();
        this.#keepPlaying(watching.signal);
      }
    }
    this.toggleAttribute('data-playing', false);
    this.#setFrozen(false);
    if (!stream) return;
    this.#video.play().catch(() => undefined); // muted: refused only when replaced meanwhile
    const firstFrame = () => {
      if (watching.signal.aborted) return;
      this.toggleAttribute('data-playing', true);
      this.#watchFrames(watching.signal);
      this.dispatchEvent(new CustomEvent('vap-first-frame', { bubbles: true }));
    };
    if ('requestVideoFrameCallback' in this.#video) this.#video.requestVideoFrameCallback(firstFrame);
    else this.#listenOnce(this.#video, 'playing', firstFrame, watching.signal);
  }

  /**
   * Phones stop what plays for a call of their own, or while the page is out of sight, and some do not go on
   * by themselves: nobody pauses a call on purpose.
   *
   * @param {AbortSignal} signal
   */
  #keepPlaying(signal) {
    const goOn = () => {
      if (signal.aborted || document.hidden) return;
      if (this.#audio.paused) this.#playSound();
      if (this.#video.paused) this.#video.play().catch(() => undefined);
    };
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const soon = () => {
      clearTimeout(timer);
      timer = setTimeout(goOn, SOUND_BACK_AFTER_MS);
    };
    for (const element of [this.#audio, this.#video]) element.addEventListener('pause', soon, { signal });
    document.addEventListener('visibilitychange', goOn, { signal });
    addEventListener('pageshow', goOn, { signal });
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  }

  /**
   * Notice when frames stop to come. A page out of sight draws none, which says nothing.
   *
   * @param {AbortSignal} signal
   */
  #watchFrames(signal) {
    if (this.hasAttribute('self')) return;
    let shown = 0;
    let newAt = performance.now();
    const timer = setInterval(() => {
      const { totalVideoFrames } = this.#video.getVideoPlaybackQuality();
      const now = performance.now();
      if (totalVideoFrames !== shown || document.hidden || this.getAttribute('camera') !== 'on') newAt = now;
      shown = totalVideoFrames;
      this.#setFrozen(now - newAt >= FROZEN_AFTER_MS);
    }, FROZEN_AFTER_MS / 3);
    signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  }

  /** @param {boolean} frozen */
  #setFrozen(frozen) {
    if (frozen === this.#frozen) return;
    this.#frozen = frozen;
    this.#render();
  }

  /** Browsers may refuse sound that nobody clicked for; then the person is asked to. */
  #playSound() {
    this.#audio.play().then(
      () => setVisible(this.#play, false),
      (/** @type {DOMException} */ error) => setVisible(this.#play, error.name === 'NotAllowedError'),
    );
  }

  /**
   * @param {EventTarget} target
   * @param {string} name
   * @param {() => void} listener
   * @param {AbortSignal} signal
   */
  #listenOnce(target, name, listener, signal) {
    target.addEventListener(name, listener, { once: true, signal });
  }

  #render() {
    const name = this.getAttribute('name') ?? '';
    const label = (/** @type {string} */ key) => this.getAttribute(`label-${key}`) ?? '';
    setText(this.#name, name);
    setText(this.#initial, initial(name));
    setText(this.#cameraOff, label('camera-off'));
    setText(this.#microphoneOff, label('microphone-off'));
    setText(this.#play, label('play'));
    setText(this.#note, this.getAttribute('note') ?? '');
    const status = this.getAttribute('status') || (this.#frozen ? label('frozen') : '');
    setText(this.#status, status);
    const camera = this.getAttribute('camera') ?? 'on';
    setVisible(this.#placeholder, camera !== 'on');
    setVisible(this.#video, camera === 'on');
    // Without a microphone nobody is muted: they chose to listen.
    setVisible(this.#microphoneOff, this.getAttribute('microphone') === 'off');
    setVisible(this.#status, status !== '');
  }
}

/**
 * The first letter: two Arabic ones side by side read as a word.
 *
 * @param {string} name
 */
function initial(name) {
  return [...name.replace(/[\u2066-\u2069]/g, '').trim()][0] ?? '';
}

customElements.define('vap-video-tile', VapVideoTile);
