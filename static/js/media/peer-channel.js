/**
 * What two browsers tell each other without the server: data channels that both sides make with the
 * connection (`negotiated`, RFC 8832 is not needed), so that none of them ever negotiates again.
 */

/** Every channel there is, with the stream of the association that carries it (RFC 8831, 6.4). */
export const CHANNELS = /** @type {const} */ ({ proof: 0, files: 1 });

// The other side may use a channel a moment before this side has loaded what reads it.
const HELD_BACK_MESSAGES = 64;
const HELD_BACK_SIZE = 256 * 1024;

/**
 * @typedef {string | ArrayBuffer} Told
 * @typedef {keyof typeof CHANNELS} ChannelName
 *
 * @typedef {object} PeerChannels What a live path carries beside its media. Of one generation: after another
 *   began, or the path was closed, these are closed for good.
 * @property {PeerChannel} proof
 * @property {PeerChannel} files
 * @property {() => { local: string, remote: string }} descriptions The SDP of both ends, as it is now.
 */

/** Ordered and reliable. What arrives before somebody reads is held back, up to a limit, then refused. */
export class PeerChannel {
  #channel;
  /** @type {Told[]} */
  #held = [];
  #heldSize = 0;
  /** @type {((told: Told) => void) | null} */
  #reader = null;

  /** @param {RTCDataChannel} channel */
  constructor(channel) {
    this.#channel = channel;
    channel.binaryType = 'arraybuffer';
    channel.addEventListener('message', ({ data }) => this.#take(data));
  }

  get isOpen() {
    return this.#channel.readyState === 'open';
  }

  /**
   * Take everything that arrives, from the first message on. There is one reader; a later one replaces it.
   *
   * @param {(told: Told) => void} reader
   */
  read(reader) {
    this.#reader = reader;
    this.#heldSize = 0;
    for (const told of this.#held.splice(0)) reader(told);
  }

  /**
   * Send, and say whether that was possible: the path may have gone at any moment.
   *
   * @param {string | ArrayBuffer | Uint8Array<ArrayBuffer>} told
   */
  send(told) {
    if (!this.isOpen) return false;
    try {
      this.#channel.send(/** @type {any} */ (told));
      return true;
    } catch {
      return false; // its queue is full, or it closed just now
    }
  }

  /**
   * Wait until at most so many bytes are on their way, or the channel is closed.
   *
   * @param {number} bytes
   * @param {AbortSignal} signal Aborting it ends the wait.
   * @returns {Promise<void>}
   */
  async untilBuffered(bytes, signal) {
    const channel = this.#channel;
    if (channel.bufferedAmount <= bytes || !this.isOpen || signal.aborted) return;
    channel.bufferedAmountLowThreshold = bytes;
    const done = new AbortController();
    const options = { once: true, signal: done.signal };
    await new Promise((resolve) => {
      for (const name of ['bufferedamountlow', 'close', 'error']) {
        channel.addEventListener(name, resolve, options);
      }
      signal.addEventListener('abort', resolve, options);
    });
    done.abort();
  }

  /** @param {Told} told */
  #take(told) {
    if (this.#reader) return this.#reader(told);
    this.#heldSize += typeof told === 'string' ? told.length : told.byteLength;
    const full = this.#held.length === HELD_BACK_MESSAGES || this.#heldSize > HELD_BACK_SIZE;
    if (full) this.#channel.close();
    else this.#held.push(told);
  }
}

/**
 * Make the channels of a connection, the same on both sides.
 *
 * @param {RTCPeerConnection} connection
 * @param {(channels: PeerChannels | null) => void} changed Told when all are open, and when one has closed.
 */
export function makeChannels(connection, changed) {
  const make = (/** @type {ChannelName} */ name) =>
    connection.createDataChannel(name, { negotiated: true, id: CHANNELS[name], ordered: true });
  const made = { proof: make('proof'), files: make('files') };
  const channels = {
    proof: new PeerChannel(made.proof),
    files: new PeerChannel(made.files),
    descriptions: () => ({
      local: connection.localDescription?.sdp ?? '',
      remote: connection.remoteDescription?.sdp ?? '',
    }),
  };
  const all = Object.values(made);
  let open = false;
  const look = () => {
    const before = open;
    open = all.every(({ readyState }) => readyState === 'open');
    if (open !== before) changed(open ? channels : null);
  };
  for (const channel of all) {
    for (const name of ['open', 'closing', 'close']) channel.addEventListener(name, look);
  }
}

/**
 * Whether a description has a place for data channels; a peer that isn't a browser may have none.
 *
 * @param {string} sdp
 */
export function carriesChannels(sdp) {
  return /^m=application [1-9]/m.test(sdp);
}
