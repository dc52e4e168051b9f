/**
 * `<vap-mic-meter label="...">`: how loud the microphone is, so that a person sees that it works.
 *
 * Properties: `stream`; `heard`, whether something was clearly heard of it. Event: `vap-heard`, once a stream,
 * when that is so.
 */
import { make } from '../lib/dom.js';

const SAMPLE_MS = 100;
const HEARD_FROM = 0.12;

export class VapMicMeter extends HTMLElement {
  #meter = make('meter', 'vap-mic-meter__bar');
  /** @type {MediaStream | null} */
  #stream = null;
  /** @type {(() => void) | undefined} */
  #stop;
  #heard = false;

  connectedCallback() {
    this.classList.add('vap-mic-meter');
    this.#meter.setAttribute('aria-label', this.getAttribute('label') ?? '');
    this.#meter.max = 1;
    this.replaceChildren(this.#meter);
    this.#start();
  }

  disconnectedCallback() {
    this.#stop?.();
  }

  get stream() {
    return this.#stream;
  }

  get heard() {
    return this.#heard;
  }

  /** @param {MediaStream | null} stream */
  set stream(stream) {
    this.#stream = stream;
    if (this.isConnected) this.#start();
  }

  #start() {
    this.#stop?.();
    this.#stop = undefined;
    this.#meter.value = 0;
    this.#heard = false;
    if (!this.#stream?.getAudioTracks().length) return;
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 1_024;
    context.createMediaStreamSource(this.#stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const timer = setInterval(() => {
      // A context made before the first click waits for one.
      if (context.state === 'suspended') void context.resume();
      analyser.getFloatTimeDomainData(samples);
      this.#show(loudness(samples));
    }, SAMPLE_MS);
    this.#stop = () => {
      clearInterval(timer);
      void context.close();
    };
  }

  /** @param {number} level */
  #show(level) {
    this.#meter.value = level;
    if (this.#heard || level < HEARD_FROM) return;
    this.#heard = true;
    this.dispatchEvent(new CustomEvent('vap-heard', { bubbles: true }));
  }
}

/**
 * The root mean square on a scale of decibels: 0 at -60 dB and below, 1 at 0 dB.
 *
 * @param {Float32Array} samples
 */
function loudness(samples) {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  return Math.min(1, Math.max(0, 1 + Math.log10(power || 1e-12) / 6));
}

customElements.define('vap-mic-meter', VapMicMeter);
