/**
 * @import { Reading } from './degrade.js'
 */
import { pairInUse } from './pair-in-use.js';

/**
 * Reduce what a connection says of itself (W3C webrtc-stats) to what decides how much picture it carries.
 *
 * @param {Iterable<[string, any]>} report
 * @param {number} at
 * @returns {Reading}
 */
export function toReading(report, at) {
  const all = new Map(report);
  const stats = [...all.values()];
  const remote = stats.filter(({ type }) => type === 'remote-inbound-rtp');
  const picture = stats.find(({ type, kind }) => type === 'outbound-rtp' && kind === 'video');
  const pair = pairInUse(all);
  const rtt = worst(remote.map(({ roundTripTime }) => roundTripTime)) ?? pair?.currentRoundTripTime ?? null;
  const available = pair?.availableOutgoingBitrate;
  return {
    at,
    loss: worst(remote.map(({ fractionLost }) => fractionLost)),
    rttMs: rtt === null ? null : rtt * 1_000,
    availableKbps: available === undefined ? null : available / 1_000,
    framesPerSecond: picture?.framesPerSecond ?? null,
    held: picture?.active !== false && picture?.qualityLimitationReason === 'bandwidth',
  };
}

/** @param {(number | undefined)[]} values */
function worst(values) {
  const known = values.filter((value) => value !== undefined);
  return known.length > 0 ? Math.max(...known) : null;
}
