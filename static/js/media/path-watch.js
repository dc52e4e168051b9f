/**
 * Whether anything still comes over a connection. Browsers take long to say that nothing does: Chromium
 * eight seconds after the address of a phone has changed.
 *
 * Whoever was heard or seen a moment ago is watched. What counts as silence is that for a while no sound or
 * picture was played, and no packet of any kind came: one who has merely turned off camera and microphone
 * still answers. Looks are counted, not milliseconds, so that a page which itself stood still blames nobody.
 */
import { TypedEvents } from '../lib/typed-events.js';

/**
 * @typedef {object} PathEvents
 * @property {null} stalled Nothing comes any more: time to look for another path.
 * @property {null} silent Nothing has come for so long that people notice.
 * @property {null} flowing Something comes again, after `stalled`.
 */

const LOOK_EVERY_MS = 50;
const COUNT_AFTER = 4;
const STALLED_AFTER = 9;
const SILENT_AFTER = 30;

/** @extends {TypedEvents<PathEvents>} */
export class PathWatch extends TypedEvents {
  #connection;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #closed = false;
  #made = false;
  #played = 0;
  #watching = false;
  #looks = 0;
  /** @type {Map<string, number>} */
  #counted = new Map();

  /** @param {RTCPeerConnection} connection */
  constructor(connection) {
    super();
    this.#connection = connection;
    this.#again();
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #again() {
    if (!this.#closed) this.#timer = setTimeout(() => this.#look(), LOOK_EVERY_MS);
  }

  async #look() {
    // To ask a connection that is being made holds up the page until that is done: there is nothing to miss yet.
    this.#made ||= this.#connection.connectionState === 'connected';
    if (!this.#made) return this.#again();
    const played = lastPlayed(this.#connection);
    if (played !== this.#played) {
      this.#played = played;
      this.#heard();
      this.#watching = true;
    } else if (this.#watching) {
      this.#looks += 1;
      if (this.#looks >= COUNT_AFTER) await this.#count();
    }
    this.#again();
  }

  async #count() {
    const counts = await packets(this.#connection);
    if (this.#closed) return;
    const before = this.#counted;
    this.#counted = counts;
    if (this.#looks === COUNT_AFTER) return;
    if ([...counts].some(([pair, count]) => count > (before.get(pair) ?? 0))) {
      this.#heard();
      this.#watching = false; // until a sound or a picture comes again
    } else if (this.#looks === STALLED_AFTER) {
      this.emit('stalled', null);
    } else if (this.#looks === SILENT_AFTER) {
      this.emit('silent', null);
    }
  }

  #heard() {
    const stalled = this.#looks >= STALLED_AFTER;
    this.#looks = 0;
    if (stalled) this.emit('flowing', null);
  }
}

/**
 * When something of the other side was played last, in a time of the browser's own.
 *
 * @param {RTCPeerConnection} connection
 */
function lastPlayed(connection) {
  const sources = connection.getReceivers().flatMap((receiver) => receiver.getSynchronizationSources());
  return Math.max(0, ...sources.map(({ timestamp }) => timestamp));
}

/**
 * How much has come by each way, checks of the way itself included.
 *
 * @param {RTCPeerConnection} connection
 */
async function packets(connection) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const [id, { type, ...stats }] of /** @type {Iterable<[string, any]>} */ (await connection.getStats())) {
    if (type !== 'candidate-pair') continue;
    const { bytesReceived = 0, responsesReceived = 0, requestsReceived = 0 } = stats;
    counts.set(id, bytesReceived + responsesReceived + requestsReceived);
  }
  return counts;
}
