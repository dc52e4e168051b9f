/**
 * How long to wait before the next attempt: doubling, capped, and jittered over its upper half so that
 * a room full of clients that lost the same server does not return in one wave.
 *
 * @param {number} attempt 0 for the first one after a loss.
 * @param {() => number} random In [0, 1).
 * @param {{ baseMs?: number, capMs?: number, atLeastMs?: number }} [options]
 *   `atLeastMs` is what the server asked for; jitter is added on top of it.
 * @returns {number} Milliseconds.
 */
export function backoffMs(attempt, random, { baseMs = 500, capMs = 15_000, atLeastMs = 0 } = {}) {
  const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(attempt, 20));
  return Math.round(atLeastMs + ceiling / 2 + (random() * ceiling) / 2);
}
