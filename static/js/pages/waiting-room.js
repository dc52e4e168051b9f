/** The waiting room: what to expect, what staff say, being called and the minute that one may ask for. */
import { byId, listen, make, one, setText, setVisible } from '../lib/dom.js';
import { nameOf } from '../lib/names.js';
import { isolated, text, timeZone } from '../lib/page-data.js';
import { timeOfDay } from '../lib/time.js';
import { isCalled, officialIn } from './room-view.js';
import { minuteState, outlookView } from './waiting-words.js';

/**
 * @import { Call } from '../media/call.js'
 * @import { CallState } from '../media/call-state.js'
 * @import { ChatLine, Outlook } from '../signaling/messages.js'
 */

const RING_EVERY_MS = 5_000;
const RINGS = 5;
/** What staff say in a sentence of ours, which the page has in its own language. */
const SENTENCES = new Set(['few_minutes', 'documents', 'by_phone']);

const element = (/** @type {string} */ id) => byId(id, HTMLElement);
const language = () => document.documentElement.lang;

export class WaitingRoom {
  #call;
  #ring;
  #signal;
  #called = false;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #ringing;
  /** @type {Set<string>} */
  #shown = new Set();

  /**
   * @param {Call} call
   * @param {() => void} ring
   * @param {AbortSignal} signal
   */
  constructor(call, ring, signal) {
    this.#call = call;
    this.#ring = ring;
    this.#signal = signal;
  }

  start() {
    const signal = this.#signal;
    listen(element('minute'), 'click', () => this.#ask(true), signal);
    listen(element('minute-over'), 'click', () => this.#ask(false), signal);
    element('minute-running').addEventListener('vap-due', () => this.#render(this.#call.state), { signal });
    this.#call.on('change', (state) => this.#render(state), { signal });
    signal.addEventListener('abort', () => this.#uncall(), { once: true });
    this.#render(this.#call.state);
  }

  /** @param {Outlook} outlook */
  outlook(outlook) {
    const view = outlookView(outlook, this.#now(), language(), timeZone());
    setText(element('outlook-when'), text(view.when.key, view.when.values));
    const before = view.before === null ? '' : view.before ? 'say.waiting.before' : 'say.waiting.next';
    setText(element('outlook-before'), before && text(before, { before: view.before ?? 0 }));
    setText(element('outlook-late'), view.late ? text('say.waiting.late') : '');
  }

  #now() {
    return Date.now() + this.#call.state.serverOffsetMs;
  }

  /** @param {boolean} wanted */
  #ask(wanted) {
    // Refused: the call has opened meanwhile, or the official has taken it back.
    this.#call.askMinute(wanted).catch(() => undefined);
  }

  /** @param {CallState} state */
  #render(state) {
    for (const line of state.chat) this.#told(line, state);
    const called = isCalled(state);
    if (called !== this.#called) this.#setCalled(called);
    if (called) this.#renderCalled(state);
  }

  /** @param {CallState} state */
  #renderCalled(state) {
    const official = officialIn(state);
    const name = official ? isolated(nameOf(official)) : '';
    setText(element('called-who'), name && text('say.waiting.called_by', { name }));
    const minute = minuteState(state.self, this.#now());
    const waits = state.phase === 'waiting' ? 'say.waiting.called_away' : 'say.waiting.called_soon';
    setText(element('called-text'), text(minute === 'running' ? 'say.waiting.minute_given' : waits));
    const focused = document.activeElement;
    setVisible(element('minute'), minute === 'free');
    setVisible(element('minute-running'), minute === 'running');
    // A button that goes takes the focus along: it passes to what may be pressed now, or to the title.
    if (focused?.closest('#minute[hidden], #minute-running[hidden]')) {
      (minute === 'running' ? element('minute-over') : one(element('waiting-called'), 'h1', HTMLElement)).focus();
    }
    const until = String(state.self?.minuteUntil ?? 0);
    const left = element('minute-left');
    if (minute !== 'running' || left.getAttribute('to') === until) return;
    // A countdown that has been at zero has stopped: each minute gets one of its own.
    const fresh = /** @type {HTMLElement} */ (left.cloneNode());
    fresh.setAttribute('offset', String(state.serverOffsetMs));
    fresh.setAttribute('to', until);
    left.replaceWith(fresh);
  }

  /**
   * The card covers the page: what lies under it can't be reached meanwhile.
   *
   * @param {boolean} called
   */
  #setCalled(called) {
    this.#called = called;
    const card = element('waiting-called');
    for (const other of card.parentElement?.children ?? []) {
      if (other instanceof HTMLElement && other !== card) other.inert = called;
    }
    for (const outside of document.querySelectorAll('body > header')) {
      if (outside instanceof HTMLElement) outside.inert = called;
    }
    if (!called) return this.#uncall();
    let rings = 1; // the page itself has rung once
    this.#ringing = setInterval(() => {
      if (++rings > RINGS) return clearInterval(this.#ringing);
      return this.#ring();
    }, RING_EVERY_MS);
  }

  #uncall() {
    clearInterval(this.#ringing);
  }

  /**
   * Show a line that staff said to whoever waits, once.
   *
   * @param {ChatLine} line
   * @param {CallState} state
   */
  #told(line, { self, phase }) {
    if (this.#shown.has(line.id) || line.sender === self?.id || (phase !== 'waiting' && phase !== 'preparing')) return;
    this.#shown.add(line.id);
    const known = line.sentence !== undefined && SENTENCES.has(line.sentence);
    const item = make('li', 'told__line');
    const words = make('p', '', known ? text(`say.waiting.told_${line.sentence}`) : line.text);
    if (!known) words.dir = 'auto';
    item.append(words, make('p', 'muted small', timeOfDay(line.at, language(), timeZone())));
    element('told-lines').append(item);
    setVisible(element('told'), true);
  }
}
