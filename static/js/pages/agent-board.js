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
 * @property {string} state
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
 * @typedef {object} Board
 * @property {number} serverTime milliseconds since 1970, when the board was read
 * @property {string} updated the same, as shown
 * @property {readonly WaitingRow[]} waiting
 * @property {readonly TodayRow[]} today
 * @property {readonly OwedRow[]} owed
 */

const POLL_MS = 3_000;
const LONGEST_POLL_MS = 30_000;
const STALE_MS = 10_000;

/**
 * How long to wait before the next poll, after `failures` in a row.
 * @param {number} failures
 */
export function pollDelayMs(failures) {
  return Math.min(POLL_MS * 2 ** failures, LONGEST_POLL_MS);
}

/**
 * Whether a board read at `readAt` should be called out of date at `now`.
 * @param {number} readAt
 * @param {number} now
 */
export function isStale(readAt, now) {
  return now - readAt > STALE_MS;
}

/**
 * Those who wait in `after` and did not in `before`; nobody on the first look.
 * @param {Board | null} before
 * @param {Board} after
 * @returns {readonly WaitingRow[]}
 */
export function arrivals(before, after) {
  if (before === null) return [];
  const known = new Set(before.waiting.map((row) => row.id));
  return after.waiting.filter((row) => !known.has(row.id));
}

/**
 * The window's title with the number of people waiting in front.
 * @param {number} waiting
 * @param {string} title
 */
export function windowTitle(waiting, title) {
  return waiting > 0 ? `(${waiting}) ${title}` : title;
}
