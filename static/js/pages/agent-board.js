/** What the console works out from a board, without touching the page. */

/**
 * @typedef {object} WaitingRow
 * @property {string} id
 * @property {string} url
 * @property {string} customer
 * @property {string} service
 * @property {string} reference
 * @property {string} startsAt the appointment's time, as shown
 * @property {string} since when the wait began, as shown
 * @property {number} waitingSince milliseconds since 1970
 * @property {boolean} online whether the customer is connected now, as far as can be told
 * @property {number} summonedUntil milliseconds since 1970 until which they were called in, 0 if not
 * @property {number} overAfterS seconds of waiting that are too long
 * @property {{level: 'good' | 'fair' | 'poor', text: string} | null} check what the device check came to
 */
/**
 * @typedef {object} TodayRow
 * @property {string} id
 * @property {string} url
 * @property {string} time
 * @property {string} customer
 * @property {string} service
 * @property {string} state the appointment's, or "over" when its call ended without an outcome
 * @property {string | null} with the agent in the session that runs
 */
/**
 * @typedef {object} OwedRow
 * @property {string} id
 * @property {string} url
 * @property {string} customer
 * @property {string} service
 * @property {string} since
 */
/**
 * @typedef {object} AskedRow
 * @property {string} id
 * @property {string} url
 * @property {string} customer
 * @property {string} service
 * @property {string} text who asks, and as what to join
 * @property {string} declineUrl
 */
/**
 * @typedef {object} Board
 * @property {number} serverTime milliseconds since 1970, when the board was read
 * @property {string} updated the same, as shown
 * @property {{url: string, customer: string} | null} call the one that this agent is in
 * @property {readonly AskedRow[]} asked what colleagues ask this agent to join
 * @property {readonly WaitingRow[]} waiting
 * @property {readonly TodayRow[]} today
 * @property {readonly OwedRow[]} owed
 * @property {string | null} toCall how many customers wait for this agent's telephone call, null if none
 */

// The server says when something has changed; this only repairs what was missed, and who is connected.
const POLL_MS = 5_000;
const LONGEST_POLL_MS = 30_000;

/**
 * How long to wait before the next poll, after `failures` in a row.
 * @param {number} failures
 */
export function pollDelayMs(failures) {
  return Math.min(POLL_MS * 2 ** failures, LONGEST_POLL_MS);
}

/**
 * Those who wait in `after` and did not, or were gone, in `before`; nobody on the first look.
 * @param {Board | null} before
 * @param {Board} after
 * @returns {readonly WaitingRow[]}
 */
export function arrivals(before, after) {
  if (before === null) return [];
  const known = new Set(before.waiting.filter((row) => row.online).map((row) => row.id));
  return after.waiting.filter((row) => row.online && !known.has(row.id));
}

/**
 * The window's title with the number of people waiting in front.
 * @param {number} waiting
 * @param {string} title
 */
export function windowTitle(waiting, title) {
  return waiting > 0 ? `(${waiting}) ${title}` : title;
}
