import { byId, one, setText, setVisible, show } from '../lib/dom.js';
import { nameOf } from '../lib/names.js';
import { text } from '../lib/page-data.js';
import { officialIn } from './room-view.js';
import { showOwn, showSomeone } from './tile-view.js';
import { toast } from './toast.js';

/**
 * @import { CallState } from '../media/call-state.js'
 * @import { VapVideoTile } from '../elements/video-tile.js'
 * @import { RoomView } from './room-view.js'
 *
 * @typedef {'browser' | 'preview' | RoomView['section']} Section
 */

const element = (/** @type {string} */ id) => byId(id, HTMLElement);
const tile = (/** @type {string} */ id) => /** @type {VapVideoTile} */ (element(id));

/** The room's one page: which of its sections is to be seen, and a call's state put into it. */
export class RoomPage {
  /** @type {Section} */
  section = 'checking';
  #title = document.title;
  #called = false;
  /** @type {CallState['phase']} */
  #phase = 'connecting';
  /** @type {number | null} */
  #waitingSince;

  /** @param {number | null} waitedMs How long this person has been waiting when the page was made. */
  constructor(waitedMs) {
    this.#waitingSince = waitedMs === null ? null : Date.now() - waitedMs;
  }

  /**
   * Show a section alone, from its top, and take the reader there.
   *
   * @param {Section} next
   */
  go(next) {
    if (next === this.section) return;
    setVisible(element(`section-${this.section}`), false);
    this.section = next;
    document.body.dataset['section'] = next;
    const shown = element(`section-${next}`);
    show(shown);
    scrollTo(0, 0);
    [...shown.querySelectorAll('h1')].find((heading) => heading.offsetParent)?.focus({ preventScroll: true });
  }

  /** Show a sentence for a moment, and have it read out. */
  say = toast(element('announcement'));

  /**
   * @param {CallState} state
   * @param {RoomView} view
   */
  render(state, view) {
    this.#renderWaiting(state, view);
    this.#renderCall(state, view);
    if (view.stop) this.#renderStop(view.stop);
    this.#phase = state.phase;
    this.go(view.section);
  }

  /**
   * Put somebody's media into their tile, before anything else is painted.
   *
   * @param {CallState} state
   * @param {{ id: string, stream: MediaStream }} met
   */
  attach(state, { id, stream }) {
    if (officialIn(state)?.id === id) tile('remote-tile').stream = stream;
  }

  /** Say that the written answer is there, with the way to it. */
  answered() {
    setText(element('answer-state'), text('say.room.after_ready'));
    show(element('read-answer'));
    this.go('after');
  }

  /**
   * @param {CallState} state
   * @param {RoomView} view
   */
  #renderWaiting({ phase, localMedia, camera }, { section, called, status }) {
    const words = section === 'call' || !status ? '' : text(status);
    setVisible(element('connection'), words !== '');
    setText(element('connection-words'), words);
    this.#keepWaitingTime(phase);
    setVisible(element('waiting-calm'), !called);
    setVisible(element('waiting-called'), called);
    setVisible(element('waiting-mirror'), camera === 'on');
    tile('waiting-tile').stream = section === 'waiting' ? (localMedia?.stream ?? null) : null;
    if (called === this.#called) return;
    this.#called = called;
    document.title = called ? text('say.room.called_tab') : this.#title;
    if (called) one(element('waiting-called'), 'h1', HTMLElement).focus();
  }

  /** @param {CallState['phase']} phase */
  #keepWaitingTime(phase) {
    const returned = phase === 'waiting' && (this.#phase === 'in_call' || this.#phase === 'held');
    if (phase === 'in_call') this.#waitingSince = null;
    else if (phase === 'waiting') this.#waitingSince ??= Date.now();
    if (returned) show(element('waiting-returned'));
    if (this.#waitingSince !== null) {
      element('waiting-elapsed').setAttribute('since', String(Math.round(this.#waitingSince)));
    }
  }

  /**
   * @param {CallState} state
   * @param {RoomView} view
   */
  #renderCall(state, { section, covered, status }) {
    const live = section === 'call';
    element('section-call').toggleAttribute('data-covered', covered);
    setText(element('call-status'), live && status ? text(status) : '');
    const official = officialIn(state);
    const remote = tile('remote-tile');
    // Attached as soon as they are called: it is black and silent until the admit, and ready then.
    const meets = official !== null && (live || state.phase === 'preparing');
    remote.stream = meets ? (state.remote.get(official.id) ?? null) : null;
    remote.setAttribute('name', nameOf(official));
    // What somebody did last is as good as known while only their line to the server is gone.
    if (official?.online) showSomeone(remote, official);
    else if (!official) remote.setAttribute('camera', 'off');
    const own = tile('self-tile');
    // Attached while waiting: the first of the call's pictures is not to wait for one's own.
    showOwn(own, state, live || section === 'waiting');
    setVisible(own, state.camera !== 'none' || state.instead !== null);
  }

  /** @param {import('./room-view.js').Stop} stop */
  #renderStop({ title, text: explanation, again }) {
    setText(element('stopped-title'), text(title));
    setText(element('stopped-text'), text(explanation));
    setText(element('stopped-again'), again && text(again));
    setVisible(element('stopped-again'), again !== '');
  }
}
