import { cleanName, kindOf, MAGIC_BYTES, MAX_FILE_BYTES } from './file-kinds.js';
import { sha256Of } from './file-messages.js';

/**
 * @import { FileMessage, FileView, Why } from './file-messages.js'
 * @import { PeerChannel } from './peer-channel.js'
 */

const CHUNK_BYTES = 16 * 1024; // what every browser takes as one message
const READ_BYTES = 16 * CHUNK_BYTES;
const ON_THE_WAY_BYTES = 512 * 1024;

/** Sends files to one other participant, one after the other, over whatever path there is. */
export class OutgoingFiles {
  #changed;
  /** @type {Map<string, FileView>} */
  #views = new Map();
  /** @type {PeerChannel | null} */
  #channel = null;
  /** @type {string | null} The one that is offered or on its way. */
  #current = null;
  #path = new AbortController();

  /** @param {(view: FileView) => void} changed */
  constructor(changed) {
    this.#changed = changed;
  }

  /**
   * Put a file at the end of the queue.
   *
   * @param {File} file
   * @param {string} [id]
   * @returns {Promise<Why | null>} Why it can't be sent; then nothing was queued.
   */
  async add(file, id = crypto.randomUUID()) {
    if (file.size > MAX_FILE_BYTES) return 'size';
    try {
      const kind = kindOf(new Uint8Array(await file.slice(0, MAGIC_BYTES).arrayBuffer()));
      if (!kind) return 'type';
      const sha256 = await sha256Of(file);
      const blob = file.slice(0, file.size, kind);
      const name = cleanName(file.name, kind);
      this.#put({
        ...{ id, direction: 'out', name, size: file.size, kind, sha256, blob },
        ...{ moved: 0, state: 'waiting', why: null, attached: false },
      });
    } catch {
      return 'unreadable'; // a phone's picker gives files that are still in the cloud
    }
    this.#next();
    return null;
  }

  /**
   * Go on over this channel; what was on its way is offered again, and continued where the other side has it.
   *
   * @param {PeerChannel | null} channel Null: there is no path now.
   */
  use(channel) {
    this.#path.abort();
    this.#path = new AbortController();
    this.#channel = channel;
    if (this.#current && this.#open(this.#current)) this.#change(this.#current, { state: 'waiting' });
    this.#current = null;
    this.#next();
  }

  /** @param {string} id */
  cancel(id) {
    if (!this.#open(id)) return;
    this.#say({ type: 'cancel', id });
    this.#fail(id, 'cancelled');
  }

  /** @param {FileMessage} message */
  receive(message) {
    const { type, id } = message;
    if (type === 'accept' && !this.#open(id)) this.#say({ type: 'cancel', id }); // given up, or another page's
    if (!this.#open(id) || id !== this.#current) return;
    if (type === 'accept') void this.#stream(id, message.from);
    else if (type === 'refuse') this.#fail(id, message.why);
    else if (type === 'received') {
      this.#change(id, { state: 'done', moved: this.#views.get(id)?.size ?? 0 });
      this.#goOn();
    }
  }

  /**
   * @param {string} id
   * @param {boolean} attached
   */
  markAttached(id, attached) {
    this.#change(id, { attached });
  }

  /** The call is over: what is not there won't be. */
  end() {
    this.#path.abort();
    this.#channel = null;
    for (const id of this.#views.keys()) if (this.#open(id)) this.#change(id, { state: 'failed', why: 'lost' });
  }

  #next() {
    if (this.#current || !this.#channel) return;
    const next = [...this.#views.values()].find(({ id }) => this.#open(id));
    if (!next) return;
    const { id, name, size, kind, sha256 } = next;
    this.#current = id;
    this.#say({ type: 'offer', id, name, size, kind, sha256 });
  }

  /**
   * @param {string} id
   * @param {number} from
   */
  async #stream(id, from) {
    const view = this.#views.get(id);
    const [channel, { signal }] = [this.#channel, this.#path];
    if (!view?.blob || !channel || view.state === 'going' || from > view.size) return;
    const goesOn = () => !signal.aborted && this.#current === id && this.#open(id);
    this.#change(id, { state: 'going', moved: from });
    try {
      for (let at = from; at < view.size; at += READ_BYTES) {
        const bytes = await view.blob.slice(at, at + READ_BYTES).arrayBuffer();
        for (let within = 0; within < bytes.byteLength; within += CHUNK_BYTES) {
          await channel.untilBuffered(ON_THE_WAY_BYTES, signal);
          // A path that has gone is followed by another, over which the other side says how far it got.
          if (!goesOn() || !channel.send(bytes.slice(within, within + CHUNK_BYTES))) return;
        }
        this.#change(id, { moved: at + bytes.byteLength });
      }
    } catch {
      if (!goesOn()) return;
      this.#say({ type: 'cancel', id });
      this.#fail(id, 'unreadable');
    }
  }

  /**
   * @param {string} id
   * @param {Why} why
   */
  #fail(id, why) {
    this.#change(id, { state: 'failed', why });
    if (id === this.#current) this.#goOn();
  }

  #goOn() {
    this.#current = null;
    this.#next();
  }

  /** @param {string} id */
  #open(id) {
    const state = this.#views.get(id)?.state;
    return state === 'waiting' || state === 'going';
  }

  /** @param {FileMessage} message */
  #say(message) {
    this.#channel?.send(JSON.stringify(message));
  }

  /**
   * @param {string} id
   * @param {Partial<FileView>} change
   */
  #change(id, change) {
    const view = this.#views.get(id);
    if (view) this.#put({ ...view, ...change });
  }

  /** @param {FileView} view */
  #put(view) {
    this.#views.set(view.id, view);
    this.#changed(view);
  }
}
