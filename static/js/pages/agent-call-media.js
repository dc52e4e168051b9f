/** The agent's own camera and microphone on the call page: opening them, and words when that fails. */
import { byId, listen, setText, setVisible } from '../lib/dom.js';
import { text } from '../lib/page-data.js';
import { openMedia } from '../media/local-media.js';
import { MediaProblem } from '../media/media-problem.js';
import { isTaken } from '../media/taken.js';
import { mediaProblemKey } from './agent-stage.js';

/** @import { Call } from '../media/call.js' */

const ASKING_AFTER_MS = 1_500;

export class OwnMedia {
  #call;
  #signal;
  #soundOnly = false;
  #wanted = false;

  /**
   * @param {Call} call takes what was opened
   * @param {AbortSignal} signal
   */
  constructor(call, signal) {
    this.#call = call;
    this.#signal = signal;
  }

  start() {
    listen(byId('media-retry', HTMLButtonElement), 'click', () => void this.#open(), this.#signal);
    listen(byId('media-sound-only', HTMLButtonElement), 'click', () => this.#withoutPicture(), this.#signal);
  }

  /**
   * Have the camera and the microphone open, or closed: of whoever only looks at a colleague's call.
   *
   * @param {boolean} wanted
   */
  want(wanted) {
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    if (wanted) return void this.#open();
    setVisible(byId('media-problem', HTMLElement), false);
    void this.#call.replaceLocal(null);
  }

  /** Whether a key did something here: M mutes, V turns the camera off. */
  /** @param {string} eventCode */
  pressed(eventCode) {
    if (eventCode === 'KeyM') this.toggleMicrophone();
    else if (eventCode === 'KeyV') this.toggleCamera();
    else return false;
    return true;
  }

  toggleMicrophone() {
    const { mic, localMedia } = this.#call.state;
    if (mic === 'off' && isTaken(localMedia?.tracks.audio)) void localMedia?.reopen('audio');
    else this.#call.setMicrophone(mic !== 'on');
  }

  toggleCamera() {
    const { camera } = this.#call.state;
    if (camera !== 'none') return this.#call.setCamera(camera !== 'on');
    this.#soundOnly = false;
    return this.#wanted && void this.#open();
  }

  #withoutPicture() {
    this.#soundOnly = true;
    void this.#open();
  }

  async #open() {
    const asking = setTimeout(() => this.#say('media_asking', { choices: false }), ASKING_AFTER_MS);
    const opened = await openMedia({ video: !this.#soundOnly });
    clearTimeout(asking);
    if (!this.#wanted) return opened instanceof MediaProblem ? undefined : opened.close();
    if (!(opened instanceof MediaProblem)) {
      setVisible(byId('media-problem', HTMLElement), false);
      if (this.#signal.aborted) opened.close();
      else this.#call.replaceLocal(opened);
      return;
    }
    const noMicrophone = opened.kind === 'missing' && opened.device === 'microphone';
    this.#say(noMicrophone ? 'media_missing_microphone' : mediaProblemKey(opened.kind), { choices: true });
  }

  /**
   * @param {string} key
   * @param {{choices: boolean}} options whether "try again" and "sound only" are offered
   */
  #say(key, { choices }) {
    setText(byId('media-problem-text', HTMLElement), text(`agent.js.${key}`));
    setVisible(byId('media-retry', HTMLElement), choices);
    setVisible(byId('media-sound-only', HTMLElement), choices && !this.#soundOnly);
    setVisible(byId('media-problem', HTMLElement), true);
  }
}
