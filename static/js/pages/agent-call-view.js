/** What the call page shows of the call: the words, the wait, the pictures, the badge beside the name. */
import '../elements/clocks.js';
import { VapVideoTile } from '../elements/video-tile.js';
import { byId, one, setText, setVisible } from '../lib/dom.js';
import { isolated, text } from '../lib/page-data.js';
import { isFinal } from '../media/call-state.js';
import { appointmentState, byeKey, isLive, pictureTrouble, STAGE } from './agent-stage.js';
import { showOwn, showSomeone } from './tile-view.js';

/**
 * @import { CallState } from '../media/call-state.js'
 * @import { ParticipantView } from '../signaling/messages.js'
 * @import { Asking, Phase } from './agent-stage.js'
 */
/**
 * @typedef {object} ViewData
 * @property {string} customerId participant id
 * @property {string} customer name
 * @property {number} startsAt milliseconds since 1970
 * @property {number} targetS seconds of waiting that are too long, from the start on
 * @property {number | null} waitingSince milliseconds since 1970, as the record has it
 */
/**
 * @typedef {object} Point where the call is
 * @property {Phase} phase
 * @property {ParticipantView | null} customer null while the customer has not been here
 * @property {Asking | null} asking what is asked before this page takes part
 */

const WAITS = new Set(/** @type {Phase[]} */ (['waiting', 'waitingOffline', 'summoned', 'preparing']));
/** Reasons of a bye after which loading the page again takes the seat here. */
const ELSEWHERE = new Set(['moved_device', 'in_use']);

export class CallView {
  #data;
  /** @type {Phase} */
  #phase = 'absent';
  #waitingSince;

  /** @param {ViewData} data */
  constructor(data) {
    this.#data = data;
    this.#waitingSince = data.waitingSince;
  }

  /**
   * @param {CallState} state
   * @param {Point} point
   */
  show(state, { phase, customer, asking }) {
    const beginsToWait = WAITS.has(phase) && !WAITS.has(this.#phase);
    // The record knows of the wait that was on when the page came; later ones begin before our eyes.
    if (beginsToWait && (this.#waitingSince === null || this.#phase !== 'absent')) {
      this.#waitingSince = Date.now() + state.serverOffsetMs;
    }
    this.#phase = phase;
    byId('stage', HTMLElement).dataset['phase'] = phase;
    this.#showWords(state, asking);
    this.#showWait(state);
    showToggle('mute', state.mic, state, ['mute', 'unmute']);
    showToggle('camera', state.camera, state, ['camera_off', 'camera_on']);
    this.#showPictures(state, customer, asking);
    this.#showBadge();
  }

  /**
   * @param {CallState} state
   * @param {Asking | null} asks
   */
  #showWords(state, asks) {
    const view = STAGE[this.#phase];
    const stopped = state.phase === 'stopped' || state.phase === 'left';
    const connecting = state.phase === 'connecting' && !asks;
    const bye = state.bye?.reason ?? 'other';
    const headline = stopped ? byeKey(bye) : connecting ? 'connecting' : view.headline;
    const words = asks ? text(asks.headline) : say(headline, { name: isolated(this.#data.customer) });
    setText(byId('headline', HTMLElement), words);
    const hint = stopped || connecting ? null : view.hint;
    setText(byId('hint', HTMLElement), asks ? text(asks.hint) : hint ? say(hint) : '');
    byId('stage', HTMLElement).toggleAttribute('data-covered', !!asks || stopped || connecting || view.covers);
    const again = byId('use-here', HTMLButtonElement);
    setVisible(again, !!asks || (stopped && bye !== 'removed'));
    setText(again, text(asks?.button ?? (ELSEWHERE.has(bye) ? 'agent.media.use_here' : 'common.try_again')));
    const lost = state.connection === 'reconnecting';
    const meets = this.#phase !== 'inCall' || state.links.get(this.#data.customerId) === 'connected';
    const now = lost ? 'reconnecting' : connecting || !meets ? 'connecting' : 'connected';
    const line = asks || stopped || state.phase === 'ended' ? '' : now;
    const connection = byId('connection', HTMLElement);
    connection.dataset['state'] = line;
    setText(connection, line && say(line));
  }

  /** @param {CallState} state */
  #showWait(state) {
    const visible = WAITS.has(this.#phase) && this.#waitingSince !== null && isLive(state);
    setVisible(byId('waited', HTMLElement), visible);
    const clock = byId('waited-clock', HTMLElement);
    clock.setAttribute('offset', String(state.serverOffsetMs));
    if (this.#waitingSince === null) return;
    // Coming early is no delay of ours.
    const earlyMs = Math.max(0, this.#data.startsAt - this.#waitingSince);
    clock.setAttribute('target', String(this.#data.targetS + earlyMs / 1_000));
    clock.setAttribute('since', String(this.#waitingSince));
  }

  /**
   * @param {CallState} state
   * @param {ParticipantView | null} customer
   * @param {Asking | null} asking
   */
  #showPictures(state, customer, asking) {
    const remote = byId('remote', VapVideoTile);
    // What somebody did last is as good as known while only their line to the server is gone.
    if (customer?.online) showSomeone(remote, customer);
    const trouble = pictureTrouble(this.#phase, state.links.get(this.#data.customerId));
    remote.setAttribute('status', trouble ? say(trouble) : '');
    // Attached as soon as they are chosen: it is black and silent until the admit, and ready then.
    const meets = this.#phase === 'inCall' || this.#phase === 'preparing';
    remote.stream = meets ? state.remote.get(this.#data.customerId) ?? null : null;
    const self = byId('self', VapVideoTile);
    showOwn(self, state, true);
    setVisible(self, !isFinal(state.phase) && asking === null);
  }

  /** The badge beside the name follows the call; what the page came with stands until then. */
  #showBadge() {
    const badge = byId('state', HTMLElement);
    const state = appointmentState(this.#phase);
    if (!state || badge.dataset['state'] === state) return;
    badge.dataset['state'] = state;
    badge.replaceChildren(document.importNode(byId(`badge-${state}`, HTMLTemplateElement).content, true));
  }
}

/**
 * @param {string} id
 * @param {'on' | 'off' | 'none'} choice
 * @param {CallState} state
 * @param {readonly [string, string]} keys words for turning it off and on
 */
function showToggle(id, choice, state, [off, on]) {
  const button = byId(id, HTMLButtonElement);
  // Whoever went on by sound alone has their camera opened by its button.
  const isOff = choice === 'off' || (id === 'camera' && choice === 'none' && state.localMedia !== null);
  button.disabled = (choice === 'none' && !isOff) || isFinal(state.phase);
  button.toggleAttribute('data-off', isOff);
  setText(one(button, '[data-label]', HTMLElement), say(isOff ? on : off));
}

/**
 * The page's words for the agent.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function say(key, values) {
  return text(`agent.js.${key}`, values);
}
