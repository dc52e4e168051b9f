/**
 * Tests one path to the echo: connects over it, sends pings over a data channel that neither orders nor
 * repeats (as media doesn't), and, where the echo has room, a picture.
 */
import { figures } from './path-figures.js';

/**
 * @import { Figures } from './path-figures.js'
 *
 * @typedef {{ state: 'done' | 'full' | 'unavailable', sdp: string | null, media: boolean }} EchoAnswer
 *
 * @typedef {Figures & { connected: boolean, frames_per_second: number | null }} PathFound
 *
 * @typedef {object} PathTest
 * @property {RTCIceServer[]} servers
 * @property {boolean} relay Whether to go over those servers and no other way.
 * @property {MediaStreamTrack | null} picture What to send, if the echo takes it; never the camera's.
 * @property {number} durationMs
 * @property {(sdp: string) => Promise<EchoAnswer>} exchange
 * @property {AbortSignal} signal
 */

const GATHERED_WITHIN_MS = 2_000;
const CONNECTED_WITHIN_MS = 6_000;
const PING_EVERY_MS = 50;
const LAST_PINGS_WITHIN_MS = 700;
const PICTURE_KBPS = 300;

/**
 * @param {PathTest} test
 * @returns {Promise<PathFound | 'full' | 'unavailable'>} The words when the echo could not be asked.
 * @throws the signal's reason when it aborts
 */
export async function testPath({ servers, relay, picture, durationMs, exchange, signal }) {
  const connection = new RTCPeerConnection({
    iceServers: servers,
    iceTransportPolicy: relay ? 'relay' : 'all',
  });
  const close = () => connection.close();
  signal.addEventListener('abort', close, { once: true });
  try {
    const channel = connection.createDataChannel('echo', { ordered: false, maxRetransmits: 0 });
    if (picture) {
      const sendEncodings = [{ maxBitrate: PICTURE_KBPS * 1_000 }];
      connection.addTransceiver(picture, { direction: 'sendrecv', sendEncodings });
    }
    const opened = happens(channel, 'open', CONNECTED_WITHIN_MS, signal);
    await connection.setLocalDescription();
    await gathered(connection, signal);
    const { state, sdp, media } = await exchange(connection.localDescription?.sdp ?? '');
    signal.throwIfAborted();
    if (state !== 'done' || sdp === null) return state === 'full' ? 'full' : 'unavailable';
    await connection.setRemoteDescription({ type: 'answer', sdp });
    if (!(await opened)) return { connected: false, ...figures(0, []), frames_per_second: null };
    const found = await ping(channel, durationMs, signal);
    const frames_per_second = media ? await framesPerSecond(connection) : null;
    return { connected: true, ...found, frames_per_second };
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}

/**
 * @param {RTCPeerConnection} connection
 * @param {AbortSignal} signal
 */
async function gathered(connection, signal) {
  // All candidates go with the offer: asking once costs less than the milliseconds that trickling saves here.
  if (connection.iceGatheringState === 'complete') return;
  const complete = new AbortController();
  connection.addEventListener('icegatheringstatechange', () => {
    if (connection.iceGatheringState === 'complete') complete.abort();
  }, { signal });
  await pause(GATHERED_WITHIN_MS, complete.signal);
  signal.throwIfAborted();
}

/**
 * @param {RTCDataChannel} channel
 * @param {number} durationMs
 * @param {AbortSignal} signal
 * @returns {Promise<Figures>}
 */
async function ping(channel, durationMs, signal) {
  /** @type {number[]} */
  const sentAt = [];
  /** @type {Map<number, number>} */
  const trips = new Map();
  channel.addEventListener('message', ({ data }) => {
    const number = Number(data);
    const at = sentAt[number];
    if (at !== undefined && !trips.has(number)) trips.set(number, performance.now() - at);
  }, { signal });
  for (const until = performance.now() + durationMs; performance.now() < until; ) {
    if (channel.readyState !== 'open') break;
    sentAt.push(performance.now());
    channel.send(String(sentAt.length - 1));
    await pause(PING_EVERY_MS, signal);
    signal.throwIfAborted();
  }
  for (const until = performance.now() + LAST_PINGS_WITHIN_MS; performance.now() < until; ) {
    if (trips.size === sentAt.length) break;
    await pause(PING_EVERY_MS, signal);
    signal.throwIfAborted();
  }
  const inOrder = [...trips].sort(([one], [other]) => one - other).map(([, trip]) => trip);
  return figures(sentAt.length, inOrder);
}

/** @param {RTCPeerConnection} connection */
async function framesPerSecond(connection) {
  for (const stat of (await connection.getStats()).values()) {
    if (stat.type === 'inbound-rtp' && stat.kind === 'video') return stat.framesPerSecond ?? 0;
  }
  return null;
}

/**
 * Whether an event comes in time.
 *
 * @param {EventTarget} target
 * @param {string} name
 * @param {number} withinMs
 * @param {AbortSignal} signal
 */
async function happens(target, name, withinMs, signal) {
  const come = new AbortController();
  target.addEventListener(name, () => come.abort(), { once: true, signal });
  signal.addEventListener('abort', () => come.abort(), { once: true });
  await pause(withinMs, come.signal);
  return come.signal.aborted && !signal.aborted;
}

/**
 * Wait, at most until the signal aborts.
 *
 * @param {number} ms
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function pause(ms, signal) {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
