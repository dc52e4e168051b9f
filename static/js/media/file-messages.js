/**
 * What two pages say to each other about files: JSON texts, and between them the bytes of one file at a time.
 * docs/privacy.md shows the exchange.
 */
import { isKind, MAX_FILE_BYTES } from './file-kinds.js';

/**
 * @import { FileKind } from './file-kinds.js'
 *
 * @typedef {'size' | 'type' | 'full' | 'checksum' | 'cancelled' | 'lost' | 'unreadable'} Why A file did not
 *   get there: too large or of another size than was said; of another type; the other side holds enough; other
 *   bytes came than were sent; somebody stopped it; the call ended; this browser could not read it.
 *
 * @typedef {object} FileOffer
 * @property {'offer'} type
 * @property {string} id Chosen by the sender.
 * @property {string} name
 * @property {number} size In bytes.
 * @property {FileKind} kind
 * @property {string} sha256 Of the whole, in hexadecimal.
 *
 * @typedef {FileOffer
 *   | { type: 'accept', id: string, from: number }
 *   | { type: 'received', id: string }
 *   | { type: 'refuse', id: string, why: Why }
 *   | { type: 'cancel', id: string }
 *   | { type: 'attached', id: string }
 *   | { type: 'withdrawn', id: string }} FileMessage `accept`: send the bytes from there on; said of an offer, and
 *   over a new path of what had begun. `refuse`: the receiver's no, `cancel`: the sender's. `attached`: the file
 *   is with the appointment now; `withdrawn`: it was, and is not any more.
 *
 * @typedef {object} FileView One file as a page shows it; a new object whenever something changes.
 * @property {string} id
 * @property {'in' | 'out'} direction
 * @property {string} name
 * @property {number} size
 * @property {FileKind} kind
 * @property {number} moved Bytes that are there, of `size`.
 * @property {'waiting' | 'going' | 'done' | 'failed'} state
 * @property {Why | null} why It failed.
 * @property {Blob | null} blob What was sent, or arrived whole and unharmed.
 * @property {string} sha256 In hexadecimal.
 * @property {boolean} attached
 */

const MAX_MESSAGE_CHARS = 4_000;
const ID = /^[\w-]{8,36}$/;
const SHA256 = /^[0-9a-f]{64}$/;

/** @type {ReadonlySet<unknown>} */
const WHY = new Set(['size', 'type', 'full', 'checksum', 'cancelled', 'lost', 'unreadable']);

/**
 * Read what the other page says, which may be anything.
 *
 * @param {string} text
 * @returns {FileMessage | null} Null for what makes no sense.
 */
export function readMessage(text) {
  if (text.length > MAX_MESSAGE_CHARS) return null;
  /** @type {any} */
  let said;
  try {
    said = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof said?.id !== 'string' || !ID.test(said.id)) return null;
  const { type, id } = said;
  switch (type) {
    case 'offer': {
      const { name, size, kind, sha256 } = said;
      const whole = typeof name === 'string' && Number.isSafeInteger(size) && typeof kind === 'string';
      return whole && SHA256.test(sha256) ? { type, id, name, size, kind: /** @type {FileKind} */ (kind), sha256 } : null;
    }
    case 'accept':
      return Number.isSafeInteger(said.from) && said.from >= 0 ? { type, id, from: said.from } : null;
    case 'refuse':
      return { type, id, why: WHY.has(said.why) ? said.why : 'lost' };
    case 'received':
    case 'cancel':
    case 'attached':
    case 'withdrawn':
      return { type, id };
    default:
      return null;
  }
}

/**
 * Why a file may not come in, before any of it has.
 *
 * @param {FileOffer} offer
 * @returns {Why | null}
 */
export function objection({ size, kind }) {
  if (size < 1 || size > MAX_FILE_BYTES) return 'size';
  return isKind(kind) ? null : 'type';
}

/**
 * @param {Blob} blob
 * @returns {Promise<string>} In hexadecimal.
 */
export async function sha256Of(blob) {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
