/** The network's part of a check: every path to the echo, and over which of them a call would go. */
import { HttpProblem, postJson } from '../lib/http.js';
import { testPath } from '../media/echo-test.js';
import { testPicture } from './test-picture.js';

/**
 * @import { EchoAnswer, PathFound } from '../media/echo-test.js'
 * @import { TestSound } from '../media/test-sound.js'
 *
 * @typedef {{ way: string, servers: RTCIceServer[], relay: boolean }} Path
 * @typedef {{ sound: TestSound | null, picture: MediaStreamTrack | null }} Media
 * @typedef {PathFound & { way: string }} Tested
 * @typedef {{ echo: 'done' | 'full' | 'unavailable', paths: Tested[] }} Network
 */

const DIRECT_MS = 4_000;
const RELAYED_MS = 1_500;
const NO_MEDIA = { sound: null, picture: null };

/**
 * Test every path at once, with sound and picture the one over which they would go: the direct one, else, in
 * a second round, the quickest relay.
 *
 * @param {readonly Path[]} paths
 * @param {{ sound: TestSound | null, picture: boolean }} tested `picture`: whether one is to be sent at all.
 * @param {AbortSignal} signal
 * @returns {Promise<Network>}
 */
export async function testNetwork(paths, { sound, picture }, signal) {
  const media = { sound, picture: picture ? testPicture(signal) : null };
  const test = (/** @type {Path} */ path) => testOne(path, path.relay ? NO_MEDIA : media, signal);
  const tested = await Promise.all(paths.map(test));
  const [quickest] = tested.filter(isConnected).sort(byUse);
  const at = quickest ? tested.indexOf(quickest) : -1;
  const used = paths[at];
  if (used?.relay) {
    const again = await testOne(used, media, signal);
    if (isConnected(again)) tested[at] = again;
  }
  media.picture?.stop();
  const found = tested.filter((each) => typeof each !== 'string');
  if (found.length > 0) return { echo: 'done', paths: found };
  return { echo: tested.includes('full') ? 'full' : 'unavailable', paths: [] };
}

/**
 * @param {Path} path
 * @param {Media} media
 * @param {AbortSignal} signal
 * @returns {Promise<Tested | 'full' | 'unavailable'>}
 */
async function testOne({ way, servers, relay }, media, signal) {
  const found = await testPath({
    ...media,
    servers,
    relay,
    durationMs: relay ? RELAYED_MS : DIRECT_MS,
    exchange: (sdp) => ask(sdp, signal),
    add: (id, candidates) => postJson(`echo/${id}`, { candidates }, { signal }),
    signal,
  });
  return typeof found === 'string' ? found : { way, ...found };
}

/**
 * @param {string} sdp
 * @param {AbortSignal} signal
 * @returns {Promise<EchoAnswer>}
 */
async function ask(sdp, signal) {
  try {
    return await postJson('echo', { sdp }, { signal });
  } catch (error) {
    if (!(error instanceof HttpProblem)) throw error;
    return { state: 'unavailable', sdp: null, sound: false, picture: false, id: null };
  }
}

/**
 * @param {Tested | string} tested
 * @returns {tested is Tested}
 */
function isConnected(tested) {
  return typeof tested !== 'string' && tested.connected;
}

/**
 * Browsers go straight where they can, else over the relay with the least delay.
 *
 * @param {Tested} one
 * @param {Tested} other
 */
function byUse(one, other) {
  return Number(one.way !== 'direct') - Number(other.way !== 'direct') || (one.rtt_ms ?? 0) - (other.rtt_ms ?? 0);
}
