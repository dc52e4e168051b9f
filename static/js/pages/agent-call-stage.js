/** The stage of the call page: where the call is, what can be done then, and which press is which command. */
import { VapVideoTile } from '../elements/video-tile.js';
import { byId, listen, one, setVisible } from '../lib/dom.js';
import { KeptFocus } from '../lib/kept-focus.js';
import { CallChat } from './agent-call-chat.js';
import { CallCommands } from './agent-call-commands.js';
import { deviceQuestion } from './agent-call-device.js';
import { takePlace } from './agent-call-place.js';
import { CallView } from './agent-call-view.js';
import { HEIRS, isLive, joining, phaseOf, STAGE } from './agent-stage.js';

/**
 * @import { Call } from '../media/call.js'
 * @import { CallState } from '../media/call-state.js'
 * @import { OwnMedia } from './agent-call-media.js'
 * @import { ViewData } from './agent-call-view.js'
 * @import { Action, Asking, Phase } from './agent-stage.js'
 */

/** @type {readonly Action[]} each has the button of its name, `callIn` the one named call-in */
const ACTIONS = ['callIn', 'summon', 'hold', 'resume', 'lobby', 'end'];
const TALKS = new Set(/** @type {Phase[]} */ (['inCall', 'inCallOffline', 'held']));

export class CallStage {
  #call;
  #own;
  #data;
  #signal;
  #view;
  #commands;
  /** @type {Phase} */
  #phase = 'absent';
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
   * @param {ViewData} data
   * @param {AbortSignal} signal
   */
  constructor(call, own, data, signal) {
    this.#call = call;
    this.#own = own;
    this.#data = data;
    this.#signal = signal;
    this.#view = new CallView(data);
    this.#commands = new CallCommands(call, () => this.#showActions(call.state));
  }

  start() {
    this.#wireButtons();
    this.#wireQuestions();
    this.#chat = new CallChat(this.#call, this.#data.customer, this.#signal);
    this.#askDevice = deviceQuestion(
      (allow) => void this.#commands.run(() => this.#call.answerDevice(this.#data.customerId, allow)),
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
    if (this.#asks(this.#call.state)) return void this.#commands.run(() => this.#call.join());
    takePlace();
    return location.reload();
  }

  #wireButtons() {
    const { customerId } = this.#data;
    const on = (/** @type {string} */ id, /** @type {() => void} */ act) =>
      listen(byId(id, HTMLButtonElement), 'click', act, this.#signal);
    on('mute', () => this.#own.toggleMicrophone());
    on('camera', () => this.#own.toggleCamera());
    on('hold', () => void this.#commands.run(() => this.#call.hold(customerId)));
    on('resume', () => void this.#commands.run(() => this.#call.admit(customerId)));
    on('lobby', () => void this.#commands.run(() => this.#call.lobby(customerId)));
    on('end', () => byId('confirm-end', HTMLDialogElement).showModal());
    on('summon', () => void this.#commands.run(() => this.#call.summon(customerId)));
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
        void this.#commands.run(() => this.#call.admit(customerId));
      } else if (this.#phase === 'preparing') this.#call.lobby(customerId).catch(() => undefined);
    });
    this.#whenAnswered('confirm-end', (confirmed) => {
      if (confirmed) void this.#commands.end().then(() => this.#toOutcome());
    });
  }

  /** What is left to do after the call is next, by keyboard too: the button that ended it is gone. */
  #toOutcome() {
    if (isLive(this.#call.state)) return;
    const code = document.querySelector('#outcome-form [name="code"]:not(:disabled)');
    if (code instanceof HTMLElement) code.focus();
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

  /** @param {CallState} state */
  #show(state) {
    const customer = state.participants.find((each) => each.id === this.#data.customerId) ?? null;
    const linked = state.links.get(this.#data.customerId) === 'connected';
    const phase = phaseOf(customer, state.phase === 'ended', linked);
    this.#phase = phase;
    this.#view.show(state, { phase, customer, asking: this.#asks(state) });
    this.#showActions(state);
    this.#askDevice?.(this.#takesPart(state) ? customer : null);
    this.#chat?.show(state, TALKS.has(phase) && this.#takesPart(state));
  }

  /**
   * What is asked before this page takes part, null if nothing is.
   * @param {CallState} state
   */
  #asks(state) {
    return this.#asking?.words ?? (isLive(state) ? joining(state) : null);
  }

  /** @param {CallState} state */
  #takesPart(state) {
    return isLive(state) && this.#asks(state) === null;
  }

  /** @param {CallState} state */
  #showActions(state) {
    for (const action of ACTIONS) {
      const button = byId(action === 'callIn' ? 'call-in' : action, HTMLButtonElement);
      setVisible(button, this.#takesPart(state) && STAGE[this.#phase].actions.includes(action));
      // Whoever wants out need not wait for the line.
      button.disabled = this.#commands.busy || (state.signaling !== 'open' && action !== 'end');
    }
    this.#focus.settle();
  }
}
