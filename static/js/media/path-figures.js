/**
 * What a row of pings over one path says about it.
 *
 * @typedef {object} Figures Null where nothing came back.
 * @property {number | null} rtt_ms The median: one slow ping is no slow path.
 * @property {number | null} jitter_ms
 * @property {number | null} loss_percent
 */

/**
 * @param {number} sent
 * @param {readonly number[]} roundTripsMs In the order of sending; those that did not come back are missing.
 * @returns {Figures}
 */
export function figures(sent, roundTripsMs) {
  if (sent === 0 || roundTripsMs.length === 0) {
    return { rtt_ms: null, jitter_ms: null, loss_percent: sent === 0 ? null : 100 };
  }
  const sorted = [...roundTripsMs].sort((a, b) => a - b);
  const steps = roundTripsMs.slice(1).map((trip, index) => Math.abs(trip - (roundTripsMs[index] ?? trip)));
  const step = steps.length ? steps.reduce((sum, each) => sum + each, 0) / steps.length : 0;
  return {
    rtt_ms: round(sorted[Math.floor(sorted.length / 2)] ?? 0),
    jitter_ms: round(step / 2), // there and back: each way has half of it
    loss_percent: round((100 * (sent - roundTripsMs.length)) / sent),
  };
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10;
}
