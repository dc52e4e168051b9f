/**
 * What one side of a call can measure of it, every ten seconds: the numbers of `POST .../quality`.
 */
import { pairInUse } from './pair-in-use.js';

/**
 * @import { Peer } from './peer.js'
 *
 * @typedef {object} Sample Null where there is nothing to measure.
 * @property {'direct' | 'udp' | 'tcp' | 'tls'} path
 * @property {string | null} codec
 * @property {number | null} rtt_ms
 * @property {number | null} jitter_ms
 * @property {number | null} loss_percent The worse of both directions, since the sample before.
 * @property {number | null} in_kbps
 * @property {number | null} out_kbps
 * @property {number | null} frames_per_second
 * @property {number | null} freezes Since the sample before.
 *
 * @typedef {object} Counters
 * @property {number} at
 * @property {number} received Bytes.
 * @property {number} sent Bytes.
 * @property {number} packets
 * @property {number} lost
 * @property {number} freezes
 *
 * @typedef {Pick<Peer, 'pc' | 'stats'>} Measurable
 */

/** Measures the path to one other person, over whichever of its connections media flows. */
export class QualityMonitor {
  #path;
  /** @type {{ peer: Measurable, pc: number, counters: Counters } | null} */
  #before = null;

  /** @param {() => Measurable | null | undefined} path Where it is now; none while nobody talks. */
  constructor(path) {
    this.#path = path;
  }

  /** @returns {Promise<Sample | null>} Null while nothing is connected. */
  async sample() {
    const peer = this.#path();
    const report = await peer?.stats();
    if (!peer || !report) return null;
    const { pc } = peer;
    // Another connection counts anew.
    const before = this.#before?.peer === peer && this.#before.pc === pc ? this.#before.counters : undefined;
    const { sample, counters } = toSample(report, before);
    this.#before = { peer, pc, counters };
    return sample;
  }
}

/**
 * Reduce an RTCStatsReport (W3C webrtc-stats) to a sample.
 *
 * @param {Iterable<[string, any]>} report
 * @param {Counters} [before]
 * @returns {{ sample: Sample, counters: Counters }}
 */
export function toSample(report, before) {
  const all = new Map(report);
  const stats = [...all.values()];
  const of = (/** @type {string} */ type) => stats.filter((stat) => stat.type === type);
  const inbound = of('inbound-rtp');
  const sound = inbound.find(({ kind }) => kind === 'audio');
  const picture = inbound.find(({ kind }) => kind === 'video');
  const remote = of('remote-inbound-rtp');
  const pair = pairInUse(all);
  const sum = (/** @type {any[]} */ list, /** @type {string} */ key) =>
    list.reduce((total, stat) => total + (stat[key] ?? 0), 0);
  const counters = {
    at: inbound[0]?.timestamp ?? pair?.timestamp ?? 0,
    received: sum(inbound, 'bytesReceived'),
    sent: sum(of('outbound-rtp'), 'bytesSent'),
    packets: sum(inbound, 'packetsReceived'),
    lost: sum(inbound, 'packetsLost'),
    freezes: picture?.freezeCount ?? 0,
  };
  const rtt = remote.find(({ kind }) => kind === 'audio')?.roundTripTime ?? pair?.currentRoundTripTime;
  const jitter = (sound ?? picture)?.jitter;
  const codec = all.get((picture ?? sound)?.codecId)?.mimeType?.split('/')[1];
  return {
    counters,
    sample: {
      path: pathOf(all.get(pair?.localCandidateId)),
      codec: codec ?? null,
      rtt_ms: rtt === undefined ? null : tenths(rtt * 1_000),
      jitter_ms: jitter === undefined ? null : tenths(jitter * 1_000),
      loss_percent: lossOf(counters, before, remote),
      in_kbps: rate(counters.received, before?.received, counters, before),
      out_kbps: rate(counters.sent, before?.sent, counters, before),
      frames_per_second: picture ? tenths(picture.framesPerSecond ?? 0) : null,
      freezes: picture ? Math.max(0, counters.freezes - (before?.freezes ?? 0)) : null,
    },
  };
}

/**
 * @param {{ candidateType: string, relayProtocol?: string } | undefined} candidate
 * @returns {Sample['path']}
 */
function pathOf(candidate) {
  if (candidate?.candidateType !== 'relay') return 'direct';
  const { relayProtocol } = candidate;
  return relayProtocol === 'tcp' || relayProtocol === 'tls' ? relayProtocol : 'udp';
}

/**
 * @param {Counters} now
 * @param {Counters | undefined} before
 * @param {{ fractionLost?: number }[]} remote What the other side says of what was sent.
 */
function lossOf(now, before, remote) {
  const lost = Math.max(0, now.lost - (before?.lost ?? 0));
  const expected = now.packets - (before?.packets ?? 0) + lost;
  const theirs = Math.max(0, ...remote.map(({ fractionLost = 0 }) => fractionLost));
  if (expected <= 0 && remote.length === 0) return null;
  return tenths(Math.min(100, 100 * Math.max(theirs, expected > 0 ? lost / expected : 0)));
}

/**
 * @param {number} bytes
 * @param {number | undefined} bytesBefore
 * @param {Counters} now
 * @param {Counters | undefined} before
 */
function rate(bytes, bytesBefore, now, before) {
  if (!before || bytesBefore === undefined || now.at <= before.at) return null;
  return Math.round((Math.max(0, bytes - bytesBefore) * 8) / (now.at - before.at));
}

/** @param {number} value */
function tenths(value) {
  return Math.round(value * 10) / 10;
}
