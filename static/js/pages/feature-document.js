/**
 * The phone's rear camera as a document camera: the paper takes the place of one's own picture, large on both
 * sides, and can be frozen, so that nobody has to hold still.
 *
 * @import { Call } from '../media/call.js'
 * @import { CallState } from '../media/call-state.js'
 * @import { Still } from '../media/still.js'
 * @import { Surroundings } from './call-features.js'
 */
import { byId, listen, one, setText, setVisible } from '../lib/dom.js';
import { text } from '../lib/page-data.js';
import { still } from '../media/still.js';

/** Print is small: more of the camera than a face needs. */
const PICTURE = { facingMode: 'environment', width: { ideal: 1_920 }, height: { ideal: 1_080 }, frameRate: { max: 15 } };

/**
 * @param {Call} call
 * @param {Surroundings} surroundings
 */
export function start(call, { say, signal }) {
  const row = byId('show-document', HTMLButtonElement);
  const bar = byId('document-bar', HTMLElement);
  const freeze = byId('document-freeze', HTMLButtonElement);
  const camera = new DocumentCamera(call);
  const begin = async () => {
    row.disabled = true;
    if (!(await camera.open())) say(text('say.call.document_failed'));
    row.disabled = false;
  };
  listen(row, 'click', () => void begin(), signal);
  listen(freeze, 'click', () => void camera.freeze(), signal);
  listen(byId('document-stop', HTMLButtonElement), 'click', () => {
    call.showInstead(null);
    byId('open-more', HTMLButtonElement).focus(); // its own bar goes
  }, signal);
  void hasCamera().then((has) => setVisible(row, has));
  return (/** @type {CallState} */ { phase, instead }) => {
    const shows = phase === 'in_call' && instead?.shows === 'document';
    setVisible(bar, shows);
    document.body.toggleAttribute('data-document', shows);
    setText(one(freeze, 'span', HTMLElement), text(camera.isFrozen ? 'say.call.unfreeze' : 'say.call.freeze'));
    freeze.setAttribute('aria-pressed', String(camera.isFrozen));
    row.disabled = phase !== 'in_call' || shows;
  };
}

/** A desktop's camera looks at a face; only what is held in a hand is held over a paper. */
async function hasCamera() {
  if (!matchMedia('(pointer: coarse)').matches) return false;
  const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  return devices.some(({ kind }) => kind === 'videoinput');
}

class DocumentCamera {
  #call;
  /** @type {MediaStreamTrack | null} */
  #track = null;
  /** @type {Still | null} */
  #still = null;
  // One function for all its pictures: they come from one place.
  #stop = () => void this.#close();

  /** @param {Call} call */
  constructor(call) {
    this.#call = call;
  }

  get isFrozen() {
    return this.#still !== null;
  }

  /** @returns {Promise<boolean>} Whether it opened; if not, one's own picture is back. */
  async open() {
    const own = this.#call.state.localMedia;
    own?.lendCamera(); // phones open only one at a time
    const stream = await navigator.mediaDevices.getUserMedia({ video: PICTURE }).catch(() => null);
    const track = stream?.getVideoTracks()[0];
    if (!track) {
      await own?.takeCameraBack();
      return false;
    }
    track.contentHint = 'detail';
    this.#track = track;
    this.#call.showInstead({ shows: 'document', track, stop: this.#stop });
    return true;
  }

  async freeze() {
    const track = this.#track;
    if (!track) return;
    const before = this.#still;
    const made = before ? null : await stillOf(track);
    if (this.#track !== track) return made?.stop(); // it was ended meanwhile
    this.#still = made;
    const shown = { track: this.#still?.track ?? track, still: this.isFrozen, stop: this.#stop };
    this.#call.showInstead({ shows: 'document', ...shown });
    before?.stop();
  }

  async #close() {
    this.#track?.stop();
    this.#still?.stop();
    this.#track = null;
    this.#still = null;
    await this.#call.state.localMedia?.takeCameraBack();
  }
}

/** @param {MediaStreamTrack} track */
async function stillOf(track) {
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  video.srcObject = new MediaStream([track]);
  await video.play();
  const made = still(video, document.createElement('canvas'));
  video.srcObject = null;
  return made;
}
