/**
 * The check of a device and its network, behind `customer/check.html`: four rows and a verdict. It is loaded
 * when somebody wants it, so the way into a call carries none of it. Its doors are beside the visit's page.
 */
import { byId, listen, one, setText, setVisible, show } from '../lib/dom.js';
import { fill } from '../lib/page-data.js';
import { getJson, HttpProblem, postJson } from '../lib/http.js';
import { testSound } from '../media/test-sound.js';
import { Bell } from './attention.js';
import { testNetwork } from './check-network.js';
import { deviceKind } from './device-kind.js';

/**
 * @import { Network, Path } from './check-network.js'
 * @import { VapMicMeter } from '../elements/mic-meter.js'
 * @import { DeviceCheck } from './device.js'
 *
 * @typedef {{ paths: Path[], words: Record<string, string> }} Plan
 * @typedef {{ level: 'good' | 'fair' | 'poor', reason: string, way: string | null }} Verdict
 * @typedef {'camera' | 'microphone' | 'speaker' | 'network'} Part
 * @typedef {'busy' | 'ok' | 'trouble' | 'none'} Mark
 */

const HEARD_WITHIN_MS = 8_000;

export class Check {
  #device;
  #signal;
  #bell = new Bell();
  /** @type {Record<string, string>} */
  #words = {};
  /** @type {Network | null} */
  #network = null;
  /** @type {'heard' | 'not_heard' | 'unanswered'} */
  #speaker = 'unanswered';
  #heard = false;
  #judged = false;
  /** @type {() => void} */
  #hearing = () => undefined;

  /**
   * @param {DeviceCheck} device Its media is there, or has failed.
   * @param {AbortSignal} signal
   */
  constructor(device, signal) {
    this.#device = device;
    this.#signal = signal;
  }

  /** Run it all, within a press: only then may the page make a sound. Never rejects. */
  async run() {
    this.#bell.arm();
    const sound = testSound(this.#signal);
    show(byId('check', HTMLElement));
    this.#wire();
    try {
      const plan = /** @type {Plan} */ (await getJson('check-plan.json', { signal: this.#signal }));
      this.#words = plan.words;
      this.#showDevice();
      this.#mark('network', 'busy', this.#word('network.busy'));
      this.#play();
      // Whoever chose sound alone is told nothing of how a picture would do.
      const tested = { sound, picture: this.#device.way === 'video' };
      const [network] = await Promise.all([testNetwork(plan.paths, tested, this.#signal), this.#listenForVoice()]);
      this.#network = network;
      this.#showNetwork(network);
      await this.#judge();
    } catch (error) {
      if (this.#signal.aborted) return;
      if (!(error instanceof HttpProblem)) throw error;
      this.#showFailure();
    } finally {
      sound?.stop();
    }
  }

  #wire() {
    const on = (/** @type {string} */ id, /** @type {() => void} */ act) =>
      listen(byId(id, HTMLButtonElement), 'click', act, this.#signal);
    on('speaker-yes', () => this.#answer('heard'));
    on('speaker-no', () => this.#answer('not_heard'));
    on('speaker-again', () => this.#bell.ring());
    const meter = /** @type {VapMicMeter} */ (byId('mic-meter', HTMLElement));
    this.#heard = meter.heard; // whoever spoke before they asked for the check need not speak again
    listen(meter, /** @type {any} */ ('vap-heard'), () => this.#hears(), this.#signal);
  }

  #play() {
    this.#mark('speaker', 'busy', this.#word('speaker.ask'));
    setVisible(byId('speaker-ask', HTMLElement), true);
    this.#bell.ring();
  }

  /** @param {'heard' | 'not_heard'} answer */
  #answer(answer) {
    this.#speaker = answer;
    this.#mark('speaker', answer === 'heard' ? 'ok' : 'trouble', this.#word(`speaker.${answer}`));
    setVisible(byId('speaker-ask', HTMLElement), answer === 'not_heard');
    if (this.#judged) void this.#judge();
  }

  #hears() {
    if (this.#heard) return;
    this.#heard = true;
    this.#hearing();
    this.#mark('microphone', 'ok', this.#word('microphone.heard'));
    if (this.#judged) void this.#judge();
  }

  #showDevice() {
    const { media, way } = this.#device;
    if (way === 'sound') this.#mark('camera', 'none', this.#word('camera.unused'));
    else if (media?.tracks.video) this.#mark('camera', 'ok', this.#word('camera.ok'));
    else this.#mark('camera', 'trouble', this.#word('camera.failed'));
    // Whoever spoke at once was heard before the words were there.
    if (this.#heard) this.#mark('microphone', 'ok', this.#word('microphone.heard'));
    else if (media?.tracks.audio) this.#mark('microphone', 'busy', this.#word('microphone.say'));
    else this.#mark('microphone', 'trouble', this.#word('microphone.failed'));
  }

  /** @returns {Promise<void>} When a voice was heard, or has not been for long enough. */
  #listenForVoice() {
    if (this.#heard || !this.#device.media?.tracks.audio) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, HEARD_WITHIN_MS);
      this.#hearing = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#signal.addEventListener('abort', this.#hearing, { once: true });
    });
  }

  /** @param {Network} network */
  #showNetwork({ echo, paths }) {
    if (echo !== 'done') return this.#mark('network', 'none', this.#word(`network.${echo}`));
    const connected = paths.some((path) => path.connected);
    const mark = connected ? 'ok' : 'trouble';
    return this.#mark('network', mark, this.#word(connected ? 'network.connected' : 'network.cut_off'));
  }

  async #judge() {
    this.#judged = true;
    const { media, way } = this.#device;
    const microphone = !media?.tracks.audio ? 'failed' : this.#heard ? 'heard' : 'quiet';
    if (microphone === 'quiet') this.#mark('microphone', 'trouble', this.#word('microphone.quiet'));
    const findings = {
      device: deviceKind(navigator),
      camera: way === 'sound' ? 'unused' : media?.tracks.video ? 'ok' : 'failed',
      microphone,
      speaker: this.#speaker,
      ...this.#network,
    };
    this.#showVerdict(await postJson('device-check', findings, { signal: this.#signal }));
  }

  /** @param {Verdict} verdict */
  #showVerdict({ level, reason, way }) {
    if (this.#network?.echo === 'done' && reason !== 'no_path') {
      const spoilt = ['no_sound', 'lossy', 'slow', 'unsteady', 'few_frames'].includes(reason);
      this.#mark('network', spoilt ? 'trouble' : 'ok', this.#word(spoilt ? `network.${level}` : this.#works(way)));
    }
    this.#tell(level, `level.${level}`, `reason.${reason}`, `do.${reason}`);
  }

  /**
   * @param {string | null} way How media would travel.
   */
  #works(way) {
    const back = this.#network?.paths.some((path) => path.way === way && path.sound_back);
    return `network.${way === 'direct' ? 'connected' : 'relayed'}${back ? '_heard' : ''}`;
  }

  #showFailure() {
    for (const part of /** @type {Part[]} */ (['camera', 'microphone', 'speaker', 'network'])) {
      this.#mark(part, 'none', '');
    }
    setVisible(byId('check-failed', HTMLElement), true);
  }

  /**
   * @param {Verdict['level']} level
   * @param {string} title
   * @param {string} reason
   * @param {string} advice
   */
  #tell(level, title, reason, advice) {
    const box = byId('check-verdict', HTMLElement);
    box.dataset['level'] = level;
    setText(one(box, '[data-slot="title"]', HTMLElement), this.#word(title));
    setText(one(box, '[data-slot="reason"]', HTMLElement), this.#word(reason));
    setText(one(box, '[data-slot="do"]', HTMLElement), this.#word(advice));
    show(box);
  }

  /**
   * @param {Part} part
   * @param {Mark} mark
   * @param {string} word
   */
  #mark(part, mark, word) {
    const row = one(byId('check', HTMLElement), `[data-part="${part}"]`, HTMLElement);
    row.dataset['mark'] = mark;
    setText(one(row, '[data-slot="word"]', HTMLElement), word);
  }

  /** @param {string} key */
  #word(key) {
    return fill(wordsFor(this.#words, key, this.#device.way), {});
  }
}

/**
 * What is said under a key; nobody who chose sound alone is told of pictures, or to choose it.
 *
 * @param {Readonly<Record<string, string>>} words
 * @param {string} key
 * @param {DeviceCheck['way']} way
 */
export function wordsFor(words, key, way) {
  const usual = words[`check.say.${key}`] ?? '';
  return way === 'sound' ? (words[`check.say.${key}.by_sound`] ?? usual) : usual;
}
