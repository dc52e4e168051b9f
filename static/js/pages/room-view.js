/**
 * What the room's page shows for each state of the call: which section, in which words. Pure.
 *
 * @import { CallState, Phase } from '../media/call-state.js'
 *
 * @typedef {'checking' | 'asking' | 'waiting' | 'call' | 'after' | 'left' | 'stopped'} Section
 *
 * @typedef {object} RoomView
 * @property {Section} section
 * @property {boolean} called Whether the official has chosen this person and the call is about to open.
 * @property {boolean} covered Whether words stand in place of the official's picture.
 * @property {boolean} asked Whether another device asks for this person's place.
 * @property {string} status Key of the words that say how it stands; '' if nothing needs saying.
 * @property {Stop | null} stop Why it does not go on here.
 *
 * @typedef {object} Stop
 * @property {string} title Key of the words.
 * @property {string} text
 * @property {string} again What the button that loads the page again says; '' if there is no way back.
 * @property {boolean} reload Whether the server's own page says it better: load it at once.
 */

/** @type {ReadonlySet<Section>} Where a lost line is worth saying. */
const SAYS_HOW = new Set(/** @type {const} */ (['checking', 'asking', 'waiting', 'call']));

/** @type {Record<Phase, Section>} */
const SECTION = {
  connecting: 'checking',
  asking: 'asking',
  watching: 'waiting', // no customer ever does
  waiting: 'waiting',
  preparing: 'waiting',
  in_call: 'call',
  held: 'call',
  left: 'left',
  ended: 'after',
  stopped: 'stopped',
};

// Reasons with words of their own; every other one is a lost connection.
const STOPS = new Set(['moved_device', 'in_use', 'removed', 'room_full', 'locked', 'too_late']);
const AGAIN = new Map([
  ['moved_device', 'say.room.continue_here'],
  ['removed', ''],
  ['too_late', ''],
]);
// The record has changed: moved, cancelled, or this browser's access is over. The page explains which.
const RELOADS = new Set(['revoked', 'no_access']);

/**
 * @param {CallState} state
 * @param {boolean} online What the browser says of the network.
 * @returns {RoomView}
 */
export function roomView(state, online) {
  const section = SECTION[state.phase];
  const status = statusOf(state, section, online);
  return {
    section,
    called: isCalled(state),
    covered: section === 'call' && !flows(state),
    asked: state.self?.deviceAsks === true && (section === 'call' || section === 'waiting'),
    status,
    stop: section === 'stopped' ? stopOf(state) : null,
  };
}

/**
 * Whether the official has called this person: just now, or while the page was away.
 *
 * @param {Pick<CallState, 'phase' | 'self'>} state
 */
export function isCalled({ phase, self }) {
  return phase === 'preparing' || (phase === 'waiting' && (self?.summonedUntil ?? 0) > 0);
}

/**
 * Find the official: whoever may call people in and is in the call.
 *
 * @param {Pick<CallState, 'participants'>} state
 */
export function officialIn({ participants }) {
  const officials = participants.filter(({ host, stage }) => host && stage === 'admitted');
  return officials.find(({ online }) => online) ?? officials[0] ?? null;
}

/**
 * @param {CallState} state
 * @param {Section} section
 * @param {boolean} online
 */
function statusOf(state, section, online) {
  if (!SAYS_HOW.has(section)) return '';
  if (!online) return 'say.room.offline';
  if (state.signaling === 'reconnecting') return 'say.room.reconnecting';
  return section === 'call' ? callStatus(state) : '';
}

/**
 * Whether the official is seen or heard now: media goes on without the line to the server.
 *
 * @param {CallState} state
 */
function flows(state) {
  const official = officialIn(state);
  return state.phase === 'in_call' && official !== null && state.links.get(official.id) === 'connected';
}

/** @param {CallState} state */
function callStatus(state) {
  if (state.phase === 'held') return 'say.room.held';
  if (flows(state)) return 'say.room.connected';
  if (!officialIn(state)?.online) return 'say.room.remote_away';
  return state.connection === 'reconnecting' ? 'say.room.reconnecting' : 'say.room.connecting';
}

/**
 * @param {CallState} state
 * @returns {Stop}
 */
function stopOf({ bye }) {
  const reason = bye?.reason ?? '';
  const key = `say.room.stopped.${STOPS.has(reason) ? reason : 'lost'}`;
  return {
    title: key,
    text: `${key}.text`,
    again: AGAIN.get(reason) ?? 'say.room.try_again',
    reload: bye?.action === 'rejoin' || RELOADS.has(reason),
  };
}
