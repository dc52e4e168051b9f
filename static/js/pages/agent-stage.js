/**
 * What the call page shows and allows at each point of a call; a table, without touching the page.
 *
 * @import { CallState } from '../media/call-state.js'
 * @import { Stage } from '../signaling/messages.js'
 */
import { isFinal } from '../media/call-state.js';

/**
 * @typedef {'absent' | 'waiting' | 'waitingOffline' | 'summoned' | 'preparing' | 'inCall' | 'inCallOffline' | 'held'
 *   | 'left' | 'ended'} Phase
 */
/** @typedef {'callIn' | 'summon' | 'hold' | 'resume' | 'lobby' | 'end'} Action */
/**
 * @typedef {object} StageView
 * @property {string} headline key of the words
 * @property {string | null} hint key of the words
 * @property {boolean} covers whether the words stand over the picture
 * @property {readonly Action[]} actions
 */
/**
 * What the page needs to know of the customer.
 * @typedef {{stage: Stage, online: boolean, summonedUntil?: number}} Presence
 */

/** @type {Readonly<Record<Phase, StageView>>} */
export const STAGE = {
  absent: { headline: 'not_arrived', hint: 'not_arrived_hint', covers: true, actions: [] },
  waiting: { headline: 'waiting', hint: null, covers: true, actions: ['callIn'] },
  waitingOffline: { headline: 'waiting_offline', hint: 'waiting_offline_hint', covers: true, actions: ['summon'] },
  summoned: { headline: 'summoned', hint: 'summoned_hint', covers: true, actions: [] },
  preparing: { headline: 'preparing', hint: null, covers: true, actions: ['callIn'] },
  inCall: { headline: 'in_call', hint: null, covers: false, actions: ['hold', 'lobby', 'end'] },
  inCallOffline: { headline: 'in_call_offline', hint: 'in_call_offline_hint', covers: true, actions: ['hold', 'lobby', 'end'] },
  held: { headline: 'held', hint: 'held_hint', covers: true, actions: ['resume', 'lobby', 'end'] },
  left: { headline: 'left', hint: 'left_hint', covers: true, actions: ['end'] },
  ended: { headline: 'ended', hint: 'ended_hint', covers: true, actions: [] },
};

/**
 * Where the keyboard goes when a button that was pressed is gone, best first; both by id.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const HEIRS = {
  'call-in': ['mute', 'open-more'],
  summon: ['call-in', 'open-more'],
  hold: ['resume', 'call-in'],
  resume: ['hold', 'call-in'],
  lobby: ['call-in', 'summon'],
  'use-here': ['hold', 'resume'],
};

/**
 * What is asked before this page takes part in a running call: keys of the words.
 * @typedef {{headline: string, hint: string, button: string}} Asking
 */

/**
 * By why: the call is open in another tab of this agent; or it goes on without this one, who only watches it, with
 * another official or with none.
 * @type {Readonly<Record<'elsewhere' | 'hosted' | 'unattended', Asking>>}
 */
export const ASKING = {
  elsewhere: { headline: 'agent.js.bye_in_use', hint: 'agent.js.elsewhere_hint', button: 'agent.media.use_here' },
  hosted: { headline: 'agent.people.hosted', hint: 'agent.people.hosted_hint', button: 'agent.people.join' },
  unattended: { headline: 'agent.people.unattended', hint: 'agent.people.hosted_hint', button: 'agent.people.join' },
};

/**
 * What to ask before this official takes part in a call that goes on without them; null if none does.
 * @param {Pick<CallState, 'self' | 'participants'>} state
 */
export function joining({ self, participants }) {
  const inCall = participants.filter(({ stage }) => stage === 'admitted' || stage === 'held');
  if (self?.stage !== 'watching' || inCall.every(({ host }) => host)) return null;
  return inCall.some(({ host }) => host) ? ASKING.hosted : ASKING.unattended;
}

/** @type {Readonly<Record<Presence['stage'], {online: Phase, offline: Phase}>>} */
const PHASE = {
  watching: { online: 'absent', offline: 'absent' },
  waiting: { online: 'waiting', offline: 'waitingOffline' },
  preparing: { online: 'preparing', offline: 'waitingOffline' },
  admitted: { online: 'inCall', offline: 'inCallOffline' },
  held: { online: 'held', offline: 'held' },
  left: { online: 'left', offline: 'left' },
};

/**
 * @param {Presence | null} customer null while the customer has not been here
 * @param {boolean} ended whether the room is over
 * @param {boolean} [linked] whether media flows: it goes on without the line to the server
 * @returns {Phase}
 */
export function phaseOf(customer, ended, linked = false) {
  if (ended) return 'ended';
  if (customer === null) return 'absent';
  const here = customer.online || (linked && customer.stage === 'admitted');
  if (!here && customer.stage === 'waiting' && customer.summonedUntil) return 'summoned';
  return PHASE[customer.stage][here ? 'online' : 'offline'];
}

/**
 * Whether this page is in the room, and its call not over.
 * @param {Pick<CallState, 'phase' | 'self'>} state
 */
export function isLive({ phase, self }) {
  return self !== null && !isFinal(phase);
}

/** How long the customer's own device has for the answer before the agent is asked too. */
export const SILENT_MS = 15_000;

/**
 * Whether the agent is to be asked if another device of the customer may have the call: the first one is gone,
 * or has not answered.
 * @param {{online: boolean, deviceAsks?: boolean} | null} customer
 * @param {number} askedForMs
 */
export function mayConfirmDevice(customer, askedForMs) {
  return customer?.deviceAsks === true && (!customer.online || askedForMs >= SILENT_MS);
}

/** @type {Partial<Record<Phase, 'waiting' | 'in_session' | 'over'>>} */
const APPOINTMENT_STATE = {
  waiting: 'waiting',
  waitingOffline: 'waiting',
  summoned: 'waiting',
  preparing: 'waiting',
  inCall: 'in_session',
  inCallOffline: 'in_session',
  held: 'in_session',
  ended: 'over',
};

/**
 * How the appointment stands by a phase, null where the phase does not say.
 * @param {Phase} phase
 */
export function appointmentState(phase) {
  return APPOINTMENT_STATE[phase] ?? null;
}

/**
 * The key of the words over a picture that does not move, null while nothing is wrong with it: media may be
 * lost while everybody's line to the server is good.
 * @param {Phase} phase
 * @param {RTCPeerConnectionState | undefined} link
 */
export function pictureTrouble(phase, link) {
  return phase === 'inCall' && (link === 'disconnected' || link === 'failed') ? 'peer_lost' : null;
}

const BYES = new Set(['moved_device', 'in_use', 'room_full', 'ended', 'left', 'removed', 'revoked', 'no_access', 'unavailable']);

/**
 * The key of the words for why the server closed for good.
 * @param {string} reason
 */
export function byeKey(reason) {
  return `bye_${BYES.has(reason) ? reason : 'other'}`;
}

const REFUSALS = new Set(['not_here', 'wrong_stage', 'unavailable', 'room_ended', 'rate_limited', 'not_granted', 'room_full', 'nobody_asks', 'not_yet']);

/**
 * The key of the words for a refused command.
 * @param {string} code
 */
export function refusalKey(code) {
  return `refused_${REFUSALS.has(code) ? code : 'other'}`;
}

const MEDIA_PROBLEMS = new Set(['denied', 'dismissed', 'missing', 'busy', 'insecure', 'unsupported', 'unknown']);

/**
 * The key of the words for why the camera could not be opened.
 * @param {string} kind
 */
export function mediaProblemKey(kind) {
  return `media_${MEDIA_PROBLEMS.has(kind) ? kind : 'unknown'}`;
}
