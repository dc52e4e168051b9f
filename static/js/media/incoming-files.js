import { cleanName, kindOf, MAGIC_BYTES } from './file-kinds.js';
import { objection, sha256Of } from './file-messages.js';

/**
 * @import { FileMessage, FileOffer, FileView, Why } from './file-messages.js'
 * @import { PeerChannel } from './peer-channel.js'
 */

// What one page keeps in memory for one other person.
const MAX_FILES = 30;
const MAX_HELD_BYTES = 100 * 1024 * 1024;

const NONE = new Uint8Array(0);

/**
 * Takes files of one other participant: one at a time, each checked for its size, for what it is, and for
 * every byte. Nothing of it leaves the page's memory.
 */
export class IncomingFiles {
  #changed;
  /** @type {Map<string, FileView>} */
  #views = new Map();
  /** @type {PeerChannel | null} */
  #channel = null;
  /** @type {string | null} */
  #current = null;
  /** Of the current one: in its size from the start, so that bytes sent one by one take no more memory. */
  #bytes = NONE;

  /** @param {(view: FileView) => void} changed */
  constructor(changed) {
    this.#changed = changed;
  }

  /**
   * Go on over this channel: say how far the file on its way has got. A sender that has given it up meanwhile,
   * or whose page was loaded anew, answers that it won't come.
   *
   * @param {PeerChannel | null} channel Null: there is no path now.
   */
  use(channel) {
    this.#channel = channel;
    const view = this.#current ? this.#views.get(this.#current) : undefined;
    if (view?.state === 'going') this.#say({ type: 'accept', id: view.id, from: view.moved });
  }

  /** @param {string} id */
  cancel(id) {
    if (this.#open(id)) this.#refuse(id, 'cancelled');
  }

  /**
   * @param {string} id
   * @param {boolean} attached
   */
  markAttached(id, attached) {
    this.#change(id, { attached });
  }

  /** @param {FileMessage} message */
  receive(message) {
    const { type, id } = message;
    if (type === 'offer') this.#consider(message);
    else if (type === 'cancel' && this.#open(id)) this.#fail(id, 'cancelled');
  }

  /** @param {ArrayBuffer} chunk */
  take(chunk) {
    const view = this.#current ? this.#views.get(this.#current) : undefined;
    if (!view || view.state !== 'going' || !chunk.byteLength) return;
    const { id, size, kind } = view;
    const moved = view.moved + chunk.byteLength;
    if (moved > size) return this.#refuse(id, 'size');
    this.#bytes.set(new Uint8Array(chunk), view.moved);
    this.#change(id, { moved });
    if (view.moved < MAGIC_BYTES && moved >= Math.min(MAGIC_BYTES, size)) {
      if (kindOf(this.#bytes.subarray(0, MAGIC_BYTES)) !== kind) return this.#refuse(id, 'type');
    }
    if (moved === size) void this.#check(id);
  }

  /** The call is over: what is not there won't be. */
  end() {
    this.#channel = null;
    for (const id of this.#views.keys()) if (this.#open(id)) this.#fail(id, 'lost');
  }

  /** @param {FileOffer} offer */
  #consider(offer) {
    const { id, size, kind, sha256 } = offer;
    const known = this.#views.get(id);
    const same = known?.sha256 === sha256 && known.size === size;
    if (known?.state === 'done' && same) return this.#say({ type: 'received', id });
    if (known?.state === 'going' && same && id === this.#current) {
      return this.#say({ type: 'accept', id, from: known.moved });
    }
    if (known) return this.#say({ type: 'refuse', id, why: (same && known.why) || 'lost' });
    const why = objection(offer) ?? (this.#isFull(size) ? 'full' : null);
    if (why) return this.#say({ type: 'refuse', id, why });
    if (this.#current && this.#open(this.#current)) this.#fail(this.#current, 'lost');
    this.#current = id;
    this.#bytes = new Uint8Array(size);
    this.#put({
      ...{ id, direction: 'in', name: cleanName(offer.name, kind), size, kind, sha256, blob: null },
      ...{ moved: 0, state: 'going', why: null, attached: false },
    });
    this.#say({ type: 'accept', id, from: 0 });
  }

  /** @param {string} id */
  async #check(id) {
    const view = this.#views.get(id);
    if (!view) return;
    const blob = new Blob([this.#bytes], { type: view.kind });
    this.#bytes = NONE;
    const unharmed = (await sha256Of(blob)) === view.sha256;
    if (!this.#open(id)) return; // stopped meanwhile
    if (!unharmed) return this.#refuse(id, 'checksum');
    this.#change(id, { state: 'done', blob });
    this.#say({ type: 'received', id });
  }

  /** @param {number} size */
  #isFull(size) {
    const views = [...this.#views.values()];
    const held = views.reduce((sum, view) => sum + (view.state === 'failed' ? 0 : view.size), 0);
    return views.length >= MAX_FILES || held + size > MAX_HELD_BYTES;
  }

  /**
   * @param {string} id
   * @param {Why} why
   */
  #refuse(id, why) {
    this.#say({ type: 'refuse', id, why });
    this.#fail(id, why);
  }

  /**
   * @param {string} id
   * @param {Why} why
   */
  #fail(id, why) {
    if (id === this.#current) this.#bytes = NONE;
    this.#change(id, { state: 'failed', why, blob: null });
  }

  /** @param {string} id */
  #open(id) {
    return this.#views.get(id)?.state === 'going';
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
