/**
 * Tests one path to the echo: connects over it, sends pings over a data channel that neither orders nor
 * repeats (as media doesn't), and, where the echo has room, a sound and a picture.
 */
import { figures } from './path-figures.js';
import { NO_SOUND, soundFigures } from './sound-back.js';

/**
 * @import { Figures } from './path-figures.js'
 * @import { SoundFigures } from './sound-back.js'
 * @import { TestSound } from './test-sound.js'
 *
 * @typedef {object} EchoAnswer
 * @property {'done' | 'full' | 'unavailable'} state
 * @property {string | null} sdp
 * @property {boolean} sound Whether it comes back.
 * @property {boolean} picture
 * @property {string | null} id
 *
 * @typedef {Figures & SoundFigures & { connected: boolean, frames_per_second: number | null }} PathFound
 *
 * @typedef {object} PathTest
 * @property {RTCIceServer[]} servers
 * @property {boolean} relay Whether to go over those servers and no other way.
 * @property {Omit<TestSound, 'stop'> | null} sound What to send, if the echo takes it; never the microphone's.
 *   Nobody hears it.
 * @property {MediaStreamTrack | null} picture The same; never the camera's.
 * @property {number} durationMs
 * @property {(sdp: string) => Promise<EchoAnswer>} exchange
 * @property {(id: string, candidates: string[]) => Promise<unknown>} add Tells the echo of more candidates.
 * @property {AbortSignal} signal
 */

const TOLD_EVERY_MS = 100;
const CONNECTED_WITHIN_MS = 6_000;
const PING_EVERY_MS = 50;
const LAST_PINGS_WITHIN_MS = 700;
const SOUND_BACK_WITHIN_MS = 1_500;
const PICTURE_KBPS = 300;

/**
 * @param {PathTest} test
 * @returns {Promise<PathFound | 'full' | 'unavailable'>} The words when the echo could not be asked.
 * @throws the signal's reason when it aborts
 */
export async function testPath({ servers, relay, sound, picture, durationMs, exchange, add, signal }) {
  const connection = new RTCPeerConnection({
    iceServers: servers,
    iceTransportPolicy: relay ? 'relay' : 'all',
    // Else Firefox gathers for every part: five allocations at a TURN server in place of two.
    bundlePolicy: 'max-bundle',
  });
  const close = () => connection.close();
  signal.addEventListener('abort', close, { once: true });
  try {
    const channel = connection.createDataChannel('echo', { ordered: false, maxRetransmits: 0 });
    const loudness = sound && takeBack(connection, sound, signal);
    if (picture) {
      const sendEncodings = [{ maxBitrate: PICTURE_KBPS * 1_000 }];
      connection.addTransceiver(picture, { direction: 'sendrecv', sendEncodings });
    }
    const opened = happens(channel, 'open', CONNECTED_WITHIN_MS, signal);
    const found = candidatesOf(connection, signal);
    await connection.setLocalDescription();
    const answer = await exchange(connection.localDescription?.sdp ?? '');
    const { state, sdp, id } = answer;
    signal.throwIfAborted();
    if (id) found.tell((candidates) => add(id, candidates));
    if (state !== 'done' || sdp === null) return state === 'full' ? 'full' : 'unavailable';
    await connection.setRemoteDescription({ type: 'answer', sdp });
    if (!(await opened)) return { connected: false, ...figures(0, []), ...NO_SOUND, frames_per_second: null };
    const trips = await ping(channel, durationMs, signal);
    const frames_per_second = answer.picture ? await framesPerSecond(connection) : null;
    const goes = answer.sound && sound?.sounds();
    const heard = goes && loudness ? await soundBack(connection, loudness, signal) : NO_SOUND;
    return { connected: true, ...trips, ...heard, frames_per_second };
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}

/**
 * Collect candidates from now on; once it is known whom to tell, tell of those there are and those to come, a
 * few at a time. A server that answers slowly or not at all holds up nothing.
 *
 * @param {RTCPeerConnection} connection
 * @param {AbortSignal} signal
 */
function candidatesOf(connection, signal) {
  /** @type {string[]} */
  let found = [];
  /** @type {((candidates: string[]) => Promise<unknown>) | null} */
  let tellOf = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const flush = () => {
    timer = undefined;
    if (!tellOf || !found.length || signal.aborted) return;
    // A candidate that is not told of leaves the others, and the end of the test says how it went.
    tellOf(found).catch(() => undefined);
    found = [];
  };
  connection.addEventListener('icecandidate', ({ candidate }) => {
    found.push(candidate?.candidate ?? '');
    if (tellOf) timer ??= setTimeout(flush, TOLD_EVERY_MS);
  }, { signal });
  return {
    /** @param {(candidates: string[]) => Promise<unknown>} tell */
    tell(tell) {
      tellOf = tell;
      flush();
    },
  };
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

/**
 * Send a sound, and listen to what comes back of it.
 *
 * @param {RTCPeerConnection} connection
 * @param {Omit<TestSound, 'stop'>} sound
 * @param {AbortSignal} signal
 * @returns {() => number} How loud it is now.
 */
function takeBack(connection, sound, signal) {
  let loudness = () => 0;
  const nobody = new Audio(); // Chromium decodes no sound that is played nowhere, so it is played to nobody
  nobody.muted = true;
  connection.addEventListener('track', ({ track }) => {
    if (track.kind !== 'audio') return;
    const back = new MediaStream([track]);
    nobody.srcObject = back;
    nobody.play().catch(() => undefined); // then it stays silent, which counts for nothing
    loudness = sound.listen(back);
  }, { signal });
  connection.addTransceiver(sound.track, { direction: 'sendrecv' });
  return () => loudness();
}

/**
 * Measure once the sound is back; the echo keeps it a moment, and it may have begun late.
 *
 * @param {RTCPeerConnection} connection
 * @param {() => number} loudness
 * @param {AbortSignal} signal
 */
async function soundBack(connection, loudness, signal) {
  for (const until = performance.now() + SOUND_BACK_WITHIN_MS; ; ) {
    const found = soundFigures((await connection.getStats()).values(), loudness());
    if (found.sound_back || performance.now() >= until) return found;
    await pause(PING_EVERY_MS, signal);
    signal.throwIfAborted();
  }
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
