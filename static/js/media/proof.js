/**
 * Six digits that two people read to each other to know that nobody stands between them: a short
 * authentication string over the certificates of both ends, with a hash commitment as ZRTP has it
 * (RFC 6189, 4.4.1.1). docs/privacy.md derives it and says how strong it is.
 *
 *     commit -> nonce -> reveal        each 32 bytes in hexadecimal, over the path itself
 *     code = SHA-256(label, both fingerprints by value, the committed nonce, the other nonce) mod 10^6
 */

/** @import { PeerChannels } from './peer-channel.js' */


const BYTES = 32;
const CODE_BYTES = 6; // 48 bits of the hash, so that a million codes are as likely as each other
const CODES = 1_000_000;
const COMMIT = new TextEncoder().encode('vap-meet proof commitment 1');
const CODE = new TextEncoder().encode('vap-meet proof code 1');
const HEX = new RegExp(`^[0-9a-f]{${2 * BYTES}}$`);
const FINGERPRINT = /^a=fingerprint:([\w-]+) ([0-9A-F:]+)\s*$/gim;

/** The two ends did not do what the exchange asks for: there is no code for this path, and there won't be. */
export class ProofFailed extends Error {}

/**
 * Agree on the code of a path. Both ends run it once a path; whoever has the lower fingerprint commits.
 * It stays open while the other end says nothing, as one that knows nothing of this does.
 *
 * @param {Pick<PeerChannels, 'proof' | 'descriptions'>} channels
 * @param {object} [options]
 * @param {() => Uint8Array<ArrayBuffer>} [options.random] Fresh secret bytes.
 * @returns {Promise<string>} Six digits.
 * @throws {ProofFailed}
 */
export async function agreeOnCode({ proof, descriptions }, { random = randomBytes } = {}) {
  const { local, remote } = descriptions();
  const [own, other] = [fingerprint(local), fingerprint(remote)];
  const order = compare(own, other);
  // One's own certificate at the other end is one's own voice come back.
  if (order === 0) throw new ProofFailed('both ends have one certificate');
  const next = inbox(proof);
  const nonce = random();
  if (order < 0) {
    proof.send(say('commit', await commitment(nonce)));
    const answer = await next('nonce');
    proof.send(say('reveal', nonce));
    return codeOf({ own, other, committed: nonce, answer });
  }
  const committed = await next('commit');
  // Not before: what the other end chose is fixed now, and it could not know this.
  proof.send(say('nonce', nonce));
  const revealed = await next('reveal');
  if (compare(await commitment(revealed), committed) !== 0) throw new ProofFailed('another was committed to');
  return codeOf({ own, other, committed: revealed, answer: nonce });
}

/**
 * Read the certificate's fingerprint from a description (RFC 8122, 5). The browser has checked that the
 * other end holds the certificate's key.
 *
 * @param {string} sdp
 * @returns {Uint8Array<ArrayBuffer>}
 * @throws {ProofFailed} unless there is exactly one, by SHA-256: of two, another end may have read the other.
 */
export function fingerprint(sdp) {
  const found = new Set([...sdp.matchAll(FINGERPRINT)].map(([, hash, value]) => `${hash} ${value}`.toLowerCase()));
  const [hash, value = ''] = [...found][0]?.split(' ') ?? [];
  const bytes = Uint8Array.from(value.split(':'), (each) => parseInt(each, 16));
  if (found.size !== 1 || hash !== 'sha-256' || bytes.length !== BYTES) {
    throw new ProofFailed('no fingerprint that both ends read alike');
  }
  return bytes;
}

/** @param {{ own: Uint8Array, other: Uint8Array, committed: Uint8Array, answer: Uint8Array }} parts */
async function codeOf({ own, other, committed, answer }) {
  const [low, high] = compare(own, other) < 0 ? [own, other] : [other, own];
  const hash = await sha256(CODE, low, high, committed, answer);
  const number = hash.subarray(0, CODE_BYTES).reduce((sum, byte) => sum * 256 + byte, 0);
  return String(number % CODES).padStart(6, '0');
}

/** @param {Uint8Array} nonce */
function commitment(nonce) {
  return sha256(COMMIT, nonce);
}

/**
 * Take the other end's messages one by one, each of the kind that its turn asks for.
 *
 * @param {PeerChannels['proof']} channel
 * @returns {(kind: string) => Promise<Uint8Array<ArrayBuffer>>}
 */
function inbox(channel) {
  /** @type {unknown[]} */
  const come = [];
  /** @type {(() => void) | null} */
  let wake = null;
  channel.read((told) => {
    if (come.length < 3) come.push(told);
    wake?.();
  });
  return async (kind) => {
    while (!come.length) await new Promise((resolve) => (wake = () => resolve(undefined)));
    return heard(come.shift(), kind);
  };
}

/**
 * @param {string} kind
 * @param {Uint8Array} bytes
 */
function say(kind, bytes) {
  return JSON.stringify({ [kind]: Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('') });
}

/**
 * @param {unknown} told
 * @param {string} kind
 */
function heard(told, kind) {
  /** @type {any} */
  let message = null;
  try {
    message = JSON.parse(String(told));
  } catch {
    // The same as a message that says something else.
  }
  const hex = message?.[kind];
  if (typeof hex !== 'string' || !HEX.test(hex)) throw new ProofFailed(`it is the turn of ${kind}`);
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** @param {Uint8Array[]} parts Of fixed lengths, so no two lists of parts have the same bytes. */
async function sha256(...parts) {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

/**
 * @param {Uint8Array} one
 * @param {Uint8Array} other
 */
function compare(one, other) {
  for (let i = 0; i < one.length; i += 1) {
    const difference = (one[i] ?? 0) - (other[i] ?? 0);
    if (difference) return difference;
  }
  return 0;
}

function randomBytes() {
  return crypto.getRandomValues(new Uint8Array(BYTES));
}
