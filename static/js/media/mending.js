/**
 * How one side mends its path to another: what it does when the path breaks, and how long it waits for what.
 * Pure: no I/O and no clock. Whoever asks takes the step, keeps its time and says when it is due.
 *
 * Both sides see a path break at the same moment, and an offer that gives way to another is rolled back, over
 * which Chromium loses the picture. So one side alone, the impolite one, restarts ICE; the other leaves it the
 * time for that. If it does not help, either begins a new generation: of two, both sides take the higher.
 *
 * @typedef {'held' | 'connecting' | 'flowing' | 'suspect' | 'restarting' | 'yielding' | 'renewing'} MendingState
 *   held: nothing may be said yet, so nothing can break. connecting: a connection is being made (or will be, after
 *   a refusal), and none has broken since media flowed last; in the other four one has. suspect: it may come back
 *   by itself. restarting: ICE looks for another way. yielding: that is the other side's to do. renewing: a new
 *   generation is on its way, or will be after a refusal.
 *
 * @typedef {typeof EVENTS[number]} MendingEvent
 *   live: both sides may negotiate. flowing: connected, or something comes again. disconnected, failed: so says the
 *   browser. stalled: nothing comes, which the browser has yet to say. refused: the browser did not take what it
 *   was given. due: the time of the last step is over. renew: the other side may have missed this generation, or
 *   there is a higher one. cameBack: the line to the server was lost as well and is back.
 *
 * @typedef {'restart' | 'renew' | 'move'} MendingAct Restart ICE; begin a new generation; begin one from the
 *   addresses that this device has now.
 *
 * @typedef {object} Mending
 * @property {MendingState} state
 * @property {number} renewals Generations that this side has begun since media flowed last.
 *
 * @typedef {object} Step
 * @property {MendingAct | null} act What to do now.
 * @property {number | null} waitMs How long to wait for `due` then, instead of what was waited for before.
 *
 * @typedef {(polite: boolean, renewals: number) => number} Patience In milliseconds.
 * @typedef {{ state: MendingState, patience: Patience | null, act: MendingAct | null }} Move
 * @typedef {Partial<Record<MendingState, readonly (Move | null)[]>>} Table A column for each of `EVENTS`.
 */

const TURN_MS = 10_000;
const LONGEST_MS = 60_000;

/**
 * A phone on its way from one cell to the next is back by itself within about three seconds; a restart would have
 * both sides look for their addresses once more meanwhile.
 */
const BLIP = () => 3_000;

/** What the other side has for its restart: any less, and this one would replace what is about to help. */
const TURN = () => TURN_MS;

/**
 * Candidates, checks and handshake take a second or two, over relays and a bad line up to ten. Longer each time: a
 * line that is not there comes no sooner for being asked. Twice as long on the polite side: with the same patience,
 * the two would replace each other's attempt for ever.
 *
 * @type {Patience}
 */
const ATTEMPT = (polite, renewals) => (polite ? 2 : 1) * TURN_MS * 2 ** renewals;

/**
 * Not at once, and later each time: a browser that refuses one description may refuse the next as well.
 *
 * @type {Patience}
 */
const BREATH = (polite, renewals) => 500 * 2 ** renewals;

const AHEAD = move('held', null, 'renew');
const BEGIN = move('connecting', ATTEMPT);
const RETRY = move('connecting', BREATH);
const AGAIN = move('connecting', ATTEMPT, 'renew');
const WELL = move('flowing', null);
const DOUBT = move('suspect', BLIP);
const RESTART = move('restarting', ATTEMPT, 'restart');
const YIELD = move('yielding', TURN);
const LATER = move('renewing', BREATH);
const RENEW = move('renewing', ATTEMPT, 'renew');
const MOVE = move('renewing', ATTEMPT, 'move');
const _ = null;

export const EVENTS = /** @type {const} */ ([
  'live', 'flowing', 'disconnected', 'stalled', 'failed', 'refused', 'due', 'renew', 'cameBack',
]);

/** @type {Table} */
const IMPOLITE = {
  //           live   flowing  disconn. stalled  failed   refused  due      renew   cameBack
  held:       [BEGIN, _,       _,       _,       _,       _,       _,       AHEAD,  _],
  connecting: [_,     WELL,    DOUBT,   RESTART, RESTART, RETRY,   AGAIN,   AGAIN,  _],
  flowing:    [_,     _,       DOUBT,   RESTART, RESTART, RETRY,   _,       AGAIN,  _],
  suspect:    [_,     WELL,    _,       _,       RESTART, LATER,   RESTART, RENEW,  MOVE],
  restarting: [_,     WELL,    _,       _,       RESTART, LATER,   RENEW,   RENEW,  MOVE],
  renewing:   [_,     WELL,    _,       _,       RESTART, LATER,   RENEW,   RENEW,  MOVE],
};

/** @type {Table} */
const POLITE = {
  //           live   flowing  disconn. stalled  failed   refused  due      renew   cameBack
  held:       [BEGIN, _,       _,       _,       _,       _,       _,       AHEAD,  _],
  connecting: [_,     WELL,    YIELD,   YIELD,   YIELD,   RETRY,   AGAIN,   AGAIN,  _],
  flowing:    [_,     _,       YIELD,   YIELD,   YIELD,   RETRY,   _,       AGAIN,  _],
  yielding:   [_,     WELL,    _,       _,       YIELD,   LATER,   RENEW,   RENEW,  MOVE],
  renewing:   [_,     WELL,    _,       _,       YIELD,   LATER,   RENEW,   RENEW,  MOVE],
};

/** @type {Mending} */
export const HELD = { state: 'held', renewals: 0 };

/**
 * What an event leads to.
 *
 * @param {Mending} mending
 * @param {MendingEvent} event
 * @param {boolean} polite
 * @returns {Mending & Step | null} Null: nothing is done, and what is waited for is waited for still.
 */
export function mend({ state, renewals }, event, polite) {
  const taken = (polite ? POLITE : IMPOLITE)[state]?.[EVENTS.indexOf(event)];
  if (!taken) return null;
  const begins = taken.act === 'renew' || taken.act === 'move';
  const count = taken === WELL ? 0 : renewals + (begins ? 1 : 0);
  const waitMs = taken.patience && Math.min(taken.patience(polite, count), LONGEST_MS);
  return { state: taken.state, renewals: count, act: taken.act, waitMs };
}

/**
 * Whether the path is, as far as this side can tell, of no use.
 *
 * @param {Mending} mending
 */
export function isBroken({ state }) {
  return !['held', 'connecting', 'flowing'].includes(state);
}

/**
 * @param {MendingState} state
 * @param {Patience | null} patience Null: there is nothing to wait for.
 * @param {MendingAct} [act]
 * @returns {Move}
 */
function move(state, patience, act) {
  return { state, patience, act: act ?? null };
}
