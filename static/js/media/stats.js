/**
 * @typedef {object} Counters What a later sample is compared with.
 * @property {number} at
 * @property {number} bytes
 * @property {number} packets
 * @property {number} lost
 *
 * @typedef {object} StatsSummary What a person or a quality log wants to know; null where not known yet.
 * @property {number | null} roundTripMs
 * @property {number | null} inboundKbps
 * @property {number | null} lostPercent Of the packets since the sample before.
 * @property {number | null} width
 * @property {number | null} height
 * @property {number | null} framesPerSecond
 * @property {boolean} relayed Whether the path goes over TURN.
 */

/**
 * Reduce an RTCStatsReport (W3C webrtc-stats) to a summary.
 *
 * @param {Iterable<[string, any]>} report
 * @param {Counters} [before] Of the sample before.
 * @returns {{ summary: StatsSummary, counters: Counters }}
 */
export function summarise(report, before) {
  const all = new Map(report);
  const of = (/** @type {string} */ type) => [...all.values()].filter((stat) => stat.type === type);
  const transport = of('transport')[0];
  const pair = all.get(transport?.selectedCandidatePairId) ?? of('candidate-pair').find((p) => p.nominated);
  const inbound = of('inbound-rtp');
  const video = inbound.find((stat) => stat.kind === 'video');
  const total = (/** @type {string} */ key) => inbound.reduce((sum, stat) => sum + (stat[key] ?? 0), 0);
  const counters = {
    at: inbound[0]?.timestamp ?? 0,
    bytes: total('bytesReceived'),
    packets: total('packetsReceived'),
    lost: total('packetsLost'),
  };
  const roundTripS = pair?.currentRoundTripTime;
  return {
    counters,
    summary: {
      roundTripMs: roundTripS === undefined ? null : Math.round(roundTripS * 1_000),
      ...rates(counters, before),
      width: video?.frameWidth ?? null,
      height: video?.frameHeight ?? null,
      framesPerSecond: video?.framesPerSecond ?? null,
      relayed: all.get(pair?.localCandidateId)?.candidateType === 'relay',
    },
  };
}

/**
 * @param {Counters} now
 * @param {Counters | undefined} before
 */
function rates(now, before) {
  const elapsedMs = before ? now.at - before.at : 0;
  if (!before || elapsedMs <= 0) return { inboundKbps: null, lostPercent: null };
  const lost = Math.max(0, now.lost - before.lost);
  const expected = now.packets - before.packets + lost;
  return {
    inboundKbps: Math.round(((now.bytes - before.bytes) * 8) / elapsedMs),
    lostPercent: expected > 0 ? Math.round((1_000 * lost) / expected) / 10 : 0,
  };
}
