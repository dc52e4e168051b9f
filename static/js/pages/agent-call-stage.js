/** The stage of the call page: shows the state of the call, and turns presses into commands. */
import '../elements/clocks.js';
import { VapVideoTile } from '../elements/video-tile.js';
import { byId, listen, one, setText, setVisible } from '../lib/dom.js';
import { KeptFocus } from '../lib/kept-focus.js';
import { isolated, text } from '../lib/page-data.js';
import { RefusedError } from '../signaling/client.js';
import { CallChat } from './agent-call-chat.js';
import { deviceQuestion } from './agent-call-device.js';
import { takePlace } from './agent-call-place.js';
import { showOwn, showSomeone } from './tile-view.js';
import { appointmentState, byeKey, HEIRS, joining, phaseOf, pictureTrouble, refusalKey, STAGE } from './agent-stage.js';

/**
 * @import { Call } from '../media/call.js'
 * @import { CallState } from '../media/call-state.js'
 * @import { ParticipantView } from '../signaling/messages.js'
 * @import { OwnMedia } from './agent-call-media.js'
 * @import { Action, Asking, Phase } from './agent-stage.js'
 */
/**
 * @typedef {object} StageData
 * @property {string} customerId participant id
 * @property {string} customer name
 * @property {number} startsAt milliseconds since 1970
 * @property {number} targetS seconds of waiting that are too long, from the start on
 * @property {number | null} waitingSince milliseconds since 1970, as the record has it
 */

/** @type {readonly Action[]} each has the button of its name, `callIn` the one named call-in */
const ACTIONS = ['callIn', 'summon', 'hold', 'resume', 'lobby', 'end'];
const WAITS = new Set(/** @type {Phase[]} */ (['waiting', 'waitingOffline', 'summoned', 'preparing']));
const OVER = new Set(['stopped', 'left', 'ended']);
const TALKS = new Set(/** @type {Phase[]} */ (['inCall', 'inCallOffline', 'held']));
/** Reasons of a bye after which loading the page again takes the seat here. */
const ELSEWHERE = new Set(['moved_device', 'in_use']);

export class CallStage {
  #call;
  #own;
  #data;
  #signal;
  /** @type {Phase} */
  #phase = 'absent';
  #waitingSince;
  #busy = false;
  /** @type {CallChat | null} */
  #chat = null;
  /** @type {ReturnType<typeof deviceQuestion> | null} */
  #askDevice = null;
  /** @type {{begin: () => void, words: Asking} | null} what begins the call here, while that is asked first */
  #asking = null;
  #focus = new KeptFocus(({ id }) => (HEIRS[id] ?? []).map((each) => byId(each, HTMLButtonElement)));

  /**
   * @param {Call} call
   * @param {OwnMedia} own
   * @param {StageData} data
   * @param {AbortSignal} signal
   */
  constructor(call, own, data, signal) {
    this.#call = call;
    this.#own = own;
    this.#data = data;
    this.#signal = signal;
    this.#waitingSince = data.waitingSince;
  }

  start() {
    this.#wireButtons();
    this.#wireQuestions();
    this.#chat = new CallChat(this.#call, this.#data.customer, this.#signal);
    this.#askDevice = deviceQuestion(
      (allow) => void this.#command(() => this.#call.answerDevice(this.#data.customerId, allow)),
      this.#signal,
    );
    listen(window, 'beforeunload', (event) => {
      if (TALKS.has(this.#phase) && this.#takesPart(this.#call.state)) event.preventDefault();
    }, this.#signal);
    listen(document, 'pointerdown', () => this.#focus.forget(), this.#signal);
    listen(document, 'focusin', () => this.#focus.settle(), this.#signal);
    this.#call.on('change', (state) => this.#show(state), { signal: this.#signal });
    this.#call.on('met', ({ id, stream }) => {
      if (id === this.#data.customerId) byId('remote', VapVideoTile).stream = stream;
    }, { signal: this.#signal });
    this.#show(this.#call.state);
  }

  /**
   * The call is on without this page: have it begin here only at a click.
   * @param {Asking} words
   * @param {() => void} begin
   */
  askFirst(words, begin) {
    this.#asking = { begin, words };
    this.#show(this.#call.state);
  }

  #useHere() {
    const asking = this.#asking;
    this.#asking = null;
    if (asking) return asking.begin();
    if (this.#asks(this.#call.state)) return void this.#command(() => this.#call.join());
    takePlace();
    return location.reload();
  }

  #wireButtons() {
    const { customerId } = this.#data;
    const on = (/** @type {string} */ id, /** @type {() => void} */ act) =>
      listen(byId(id, HTMLButtonElement), 'click', act, this.#signal);
    on('mute', () => this.#own.toggleMicrophone());
    on('camera', () => this.#own.toggleCamera());
    on('hold', () => void this.#command(() => this.#call.hold(customerId)));
    on('resume', () => void this.#command(() => this.#call.admit(customerId)));
    on('lobby', () => void this.#command(() => this.#call.lobby(customerId)));
    on('end', () => byId('confirm-end', HTMLDialogElement).showModal());
    on('summon', () => void this.#command(() => this.#call.summon(customerId)));
    on('call-in', () => this.#choose());
    on('show-shortcuts', () => byId('shortcuts', HTMLDialogElement).showModal());
    on('use-here', () => this.#useHere());
  }

  /** Choosing connects the two browsers ahead, so that the picture is there in the moment of the yes. */
  #choose() {
    byId('confirm-call-in', HTMLDialogElement).showModal();
    // Admitting works from waiting as well, so a refusal here is no news yet.
    if (this.#phase === 'waiting') this.#call.prepare(this.#data.customerId).catch(() => undefined);
  }

  #wireQuestions() {
    const { customerId } = this.#data;
    this.#whenAnswered('confirm-call-in', (confirmed) => {
      if (confirmed) {
        this.#focus.place(byId('call-in', HTMLButtonElement));
        void this.#command(() => this.#call.admit(customerId));
      } else if (this.#phase === 'preparing') this.#call.lobby(customerId).catch(() => undefined);
    });
    this.#whenAnswered('confirm-end', (confirmed) => {
      if (confirmed) void this.#command(() => this.#end()).then(() => this.#toOutcome());
    });
  }

  /** End the call; without the line it ends for the customer as soon as that is back, here at once. */
  async #end() {
    if (this.#call.state.signaling !== 'open') {
      void this.#call.replaceLocal(null);
      this.#say('ends_later');
    }
    for (;;) {
      try {
        return await this.#call.end();
      } catch (error) {
        const late = error instanceof RefusedError && error.code === 'timeout';
        if (!late || !this.#isLive(this.#call.state)) throw error;
      }
    }
  }

  /** What is left to do after the call is next, by keyboard too: the button that ended it is gone. */
  #toOutcome() {
    if (this.#isLive(this.#call.state)) return;
    const code = document.querySelector('#outcome-form [name="code"]:not(:disabled)');
    if (code instanceof HTMLElement) code.focus();
  }

  /** @param {string} key of a problem's words; '' takes them away */
  #say(key) {
    const problem = byId('command-problem', HTMLElement);
    setText(problem, key && say(key));
    setVisible(problem, key !== '');
  }

  /**
   * @param {string} id of the dialog
   * @param {(confirmed: boolean) => void} act
   */
  #whenAnswered(id, act) {
    const dialog = byId(id, HTMLDialogElement);
    let confirmed = false;
    // On the press: the dialog has gone only a frame later.
    listen(one(dialog, '[value="confirmed"]', HTMLButtonElement), 'click', () => {
      confirmed = true;
      act(true);
    }, this.#signal);
    listen(dialog, 'close', () => {
      if (!confirmed) act(false);
      confirmed = false;
    }, this.#signal);
  }

  /**
   * Run one command; say in words why it had no effect.
   * @param {() => Promise<unknown>} run
   */
  async #command(run) {
    this.#say('');
    this.#setBusy(true);
    try {
      await run();
      this.#say('');
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      // Ending closes the line, maybe before the acknowledgement: what was wanted has happened.
      if (!this.#isLive(this.#call.state)) return;
      this.#say(refusalKey(error.code));
    } finally {
      this.#setBusy(false);
    }
  }

  /** @param {boolean} busy */
  #setBusy(busy) {
    this.#busy = busy;
    this.#showActions(this.#call.state);
  }

  /** @param {CallState} state */
  #show(state) {
    const customer = state.participants.find((each) => each.id === this.#data.customerId) ?? null;
    const linked = state.links.get(this.#data.customerId) === 'connected';
    const phase = phaseOf(customer, state.phase === 'ended', linked);
    const beginsToWait = WAITS.has(phase) && !WAITS.has(this.#phase);
    // The record knows of the wait that was on when the page came; later ones begin before our eyes.
    if (beginsToWait && (this.#waitingSince === null || this.#phase !== 'absent')) {
      this.#waitingSince = Date.now() + state.serverOffsetMs;
    }
    this.#phase = phase;
    byId('stage', HTMLElement).dataset['phase'] = phase;
    this.#showWords(state);
    this.#showWait(state);
    this.#showActions(state);
    this.#showPictures(state, customer);
    this.#showState();
    this.#askDevice?.(this.#takesPart(state) ? customer : null);
    this.#chat?.show(state, TALKS.has(phase) && this.#takesPart(state));
  }

  /** @param {CallState} state */
  #showWords(state) {
    const view = STAGE[this.#phase];
    const stopped = state.phase === 'stopped' || state.phase === 'left';
    const asks = this.#asks(state);
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
    const visible = WAITS.has(this.#phase) && this.#waitingSince !== null && this.#isLive(state);
    setVisible(byId('waited', HTMLElement), visible);
    const clock = byId('waited-clock', HTMLElement);
    clock.setAttribute('offset', String(state.serverOffsetMs));
    if (this.#waitingSince === null) return;
    // Coming early is no delay of ours.
    const earlyMs = Math.max(0, this.#data.startsAt - this.#waitingSince);
    clock.setAttribute('target', String(this.#data.targetS + earlyMs / 1_000));
    clock.setAttribute('since', String(this.#waitingSince));
  }

  /** @param {CallState} state */
  #isLive(state) {
    return state.self !== null && !OVER.has(state.phase);
  }

  /**
   * What is asked before this page takes part, null if nothing is.
   * @param {CallState} state
   */
  #asks(state) {
    return this.#asking?.words ?? (this.#isLive(state) ? joining(state) : null);
  }

  /** @param {CallState} state */
  #takesPart(state) {
    return this.#isLive(state) && this.#asks(state) === null;
  }

  /** @param {CallState} state */
  #showActions(state) {
    for (const action of ACTIONS) {
      const button = byId(action === 'callIn' ? 'call-in' : action, HTMLButtonElement);
      setVisible(button, this.#takesPart(state) && STAGE[this.#phase].actions.includes(action));
      // Whoever wants out need not wait for the line.
      button.disabled = this.#busy || (state.signaling !== 'open' && action !== 'end');
    }
    this.#showToggle('mute', state.mic, ['mute', 'unmute']);
    this.#showToggle('camera', state.camera, ['camera_off', 'camera_on']);
    this.#focus.settle();
  }

  /**
   * @param {string} id
   * @param {'on' | 'off' | 'none'} choice
   * @param {readonly [string, string]} keys words for turning it off and on
   */
  #showToggle(id, choice, [off, on]) {
    const button = byId(id, HTMLButtonElement);
    button.disabled = choice === 'none' || OVER.has(this.#call.state.phase);
    button.toggleAttribute('data-off', choice === 'off');
    setText(one(button, '[data-label]', HTMLElement), say(choice === 'off' ? on : off));
  }

  /**
   * @param {CallState} state
   * @param {ParticipantView | null} customer
   */
  #showPictures(state, customer) {
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
    setVisible(self, !OVER.has(state.phase) && this.#asks(state) === null);
  }

  /** The badge beside the name follows the call; what the page came with stands until then. */
  #showState() {
    const badge = byId('state', HTMLElement);
    const state = appointmentState(this.#phase);
    if (!state || badge.dataset['state'] === state) return;
    badge.dataset['state'] = state;
    badge.replaceChildren(document.importNode(byId(`badge-${state}`, HTMLTemplateElement).content, true));
  }
}

/**
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
function say(key, values) {
  return text(`agent.js.${key}`, values);
}
