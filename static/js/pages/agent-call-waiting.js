/** The call page before the call: a summons that runs, a minute that was asked for, what is said to who waits. */
import { byId, listen, setText, setVisible } from '../lib/dom.js';
import { text } from '../lib/page-data.js';
import { RefusedError } from '../signaling/client.js';
import { phaseOf, refusalKey } from './agent-stage.js';
import { Bell } from './attention.js';

/**
 * @import { Call } from '../media/call.js'
 * @import { CallState } from '../media/call-state.js'
 * @import { Phase } from './agent-stage.js'
 */

const TOLD_IN = new Set(/** @type {Phase[]} */ (['waiting', 'waitingOffline', 'summoned', 'preparing']));
const AWAY = new Set(/** @type {Phase[]} */ (['absent', 'waitingOffline', 'summoned']));
const element = (/** @type {string} */ id) => byId(id, HTMLElement);

/**
 * @param {Call} call
 * @param {string} customerId
 * @param {AbortSignal} signal
 */
export function agentWaiting(call, customerId, signal) {
  const bell = new Bell();
  const told = tellCard(call, customerId, signal);
  /** @type {Phase} */
  let before = 'absent';
  const show = (/** @type {CallState} */ state) => {
    const customer = state.participants.find(({ id }) => id === customerId) ?? null;
    const phase = phaseOf(customer, state.phase === 'ended');
    const offset = state.serverOffsetMs;
    setVisible(element('summoned'), phase === 'summoned');
    if (phase === 'summoned') countDown('summoned-left', customer?.summonedUntil ?? 0, offset);
    showMinute(customer?.minuteUntil ?? 0, offset);
    told(state, TOLD_IN.has(phase));
    if (phase === 'waiting' && AWAY.has(before) && state.self) bell.ring();
    before = phase;
  };
  for (const name of /** @type {const} */ (['pointerdown', 'keydown'])) {
    document.addEventListener(name, () => bell.arm(), { once: true, signal });
  }
  // At zero the button is free again, whether or not anything else happens.
  element('minute-left-box').addEventListener('vap-due', () => show(call.state), { signal });
  call.on('change', show, { signal });
  show(call.state);
}

/**
 * @param {number} until milliseconds since 1970, 0 if no minute was asked for
 * @param {number} offset
 */
function showMinute(until, offset) {
  const running = until > Date.now() + offset;
  setText(element('minute-asked'), running ? text('agent.js.minute_asked') : '');
  setVisible(element('minute-asked'), running);
  setVisible(element('minute-left-box'), running);
  byId('confirm-submit', HTMLButtonElement).disabled = running;
  if (running) countDown('minute-left', until, offset);
}

/**
 * @param {string} id
 * @param {number} until
 * @param {number} offset
 */
function countDown(id, until, offset) {
  const clock = element(id);
  if (clock.getAttribute('to') === String(until)) return;
  // A countdown that has been at zero has stopped: each one is new.
  const fresh = /** @type {HTMLElement} */ (clock.cloneNode());
  fresh.setAttribute('offset', String(offset));
  fresh.setAttribute('to', String(until));
  clock.replaceWith(fresh);
}

/**
 * @param {Call} call
 * @param {string} customerId
 * @param {AbortSignal} signal
 * @returns {(state: CallState, open: boolean) => void}
 */
function tellCard(call, customerId, signal) {
  const input = byId('tell-text', HTMLInputElement);
  const problem = element('tell-problem');
  const tell = async (/** @type {string} */ words, /** @type {string | undefined} */ sentence) => {
    setVisible(problem, false);
    try {
      await call.tell(customerId, words, sentence);
      return true;
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      setText(problem, text(`agent.js.${refusalKey(error.code)}`));
      setVisible(problem, true);
      return false;
    }
  };
  for (const button of element('tell-card').querySelectorAll('button[data-sentence]')) {
    if (!(button instanceof HTMLButtonElement)) continue;
    listen(button, 'click', () => void tell(button.textContent ?? '', button.dataset['sentence']), signal);
  }
  listen(byId('tell-form', HTMLFormElement), 'submit', async (event) => {
    event.preventDefault();
    const words = input.value.trim();
    if (words && (await tell(words, undefined))) input.value = '';
  }, signal);
  return ({ self }, open) => setVisible(element('tell-card'), open && self !== null);
}
