/**
 * Says that nothing comes through, once that has lasted, and what can be done about it: nobody is left with a
 * page that goes on connecting for ever.
 *
 * @import { Call } from '../media/call.js'
 * @import { CallState } from '../media/call-state.js'
 * @import { Surroundings } from './call-features.js'
 */
import { byId, setVisible } from '../lib/dom.js';

/** Longer than it takes to mend a path, or to come back from another network. */
const LASTS_MS = 20_000;

/**
 * @param {Call} call
 * @param {Surroundings} surroundings
 */
export function start(call, { side, signal }) {
  const card = byId('lost', HTMLElement);
  // On the customer's page it stands with the words that are there in place of the picture.
  if (side === 'customer') byId('call-status', HTMLElement).before(card);
  const customer = document.querySelector('#group [data-main]')?.getAttribute('data-main') ?? '';
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  return (/** @type {CallState} */ state) => {
    if (!isLost(state, side === 'agent' ? customer : null)) {
      clearTimeout(timer);
      timer = undefined;
      return setVisible(card, false);
    }
    timer ??= setTimeout(() => setVisible(card, true), LASTS_MS);
    return undefined;
  };
}

/**
 * Whether this person is in a call of which nothing comes through now.
 *
 * @param {Pick<CallState, 'phase' | 'participants' | 'links'>} state
 * @param {string | null} customer Whom an official talks to; null for everybody else.
 */
export function isLost({ phase, participants, links }, customer) {
  if (phase !== 'in_call') return false;
  // A companion may see and hear the customer, the official being away.
  if (customer === null) return ![...links.values()].includes('connected');
  const called = participants.some(({ id, stage }) => id === customer && stage === 'admitted');
  return called && links.get(customer) !== 'connected';
}
