/**
 * What came back of a sound that was sent to the echo, by the connection's own statistics (W3C webrtc-stats) and
 * by how loud it is.
 *
 * @typedef {object} SoundFigures Null where nothing can be said.
 * @property {boolean | null} sound_back True: it is heard here again. False: not a packet of it came. Null too
 *   where packets came and silence: there are browsers that give a page no sound of others.
 * @property {number | null} sound_jitter_ms
 * @property {number | null} sound_loss_percent
 */

/** @type {SoundFigures} */
export const NO_SOUND = { sound_back: null, sound_jitter_ms: null, sound_loss_percent: null };

const AUDIBLE = 0.02; // a tenth of what is sent; the noise that browsers put in a gap's place is fainter

/**
 * @param {Iterable<Record<string, any>>} stats
 * @param {number} loudness What comes back, of 1.
 * @returns {SoundFigures} Of the worse direction.
 */
export function soundFigures(stats, loudness) {
  /** @type {Record<string, any>} */
  let back = {};
  /** @type {Record<string, any>} */
  let sent = {};
  /** @type {Record<string, any>} */
  let arrived = {}; // what the echo says about what it got
  for (const stat of stats) {
    if (stat['kind'] !== 'audio') continue;
    if (stat['type'] === 'inbound-rtp') back = stat;
    if (stat['type'] === 'outbound-rtp') sent = stat;
    if (stat['type'] === 'remote-inbound-rtp') arrived = stat;
  }
  const received = back['packetsReceived'] ?? 0;
  return {
    sound_back: received === 0 ? false : loudness >= AUDIBLE || null,
    sound_jitter_ms: worse(1_000, arrived['jitter'], received ? back['jitter'] : undefined),
    sound_loss_percent: worse(
      100,
      share(arrived['packetsLost'], sent['packetsSent']),
      share(back['packetsLost'], received + (back['packetsLost'] ?? 0)),
    ),
  };
}

/**
 * @param {number | undefined} part
 * @param {number | undefined} whole
 */
function share(part, whole) {
  if (part === undefined || !whole) return undefined;
  return Math.min(1, Math.max(0, part) / whole); // packets that came twice count as fewer than none lost
}

/**
 * @param {number} times
 * @param {...(number | undefined)} values
 */
function worse(times, ...values) {
  const known = values.filter((value) => value !== undefined);
  return known.length ? Math.round(Math.max(...known) * times * 10) / 10 : null;
}
