/**
 * Files between this page and one other participant, both ways over one channel. They outlive the path: with
 * the next one they go on where they were.
 */
import { readMessage } from './file-messages.js';
import { IncomingFiles } from './incoming-files.js';
import { OutgoingFiles } from './outgoing-files.js';

/**
 * @import { FileView, Why } from './file-messages.js'
 * @import { PeerChannel } from './peer-channel.js'
 */

export class FileTransfer {
  #heeds;
  #outgoing;
  #incoming;
  /** @type {PeerChannel | null} */
  #channel = null;
  /** @type {Set<string>} */
  #attached = new Set();

  /**
   * @param {(view: FileView) => void} changed Told of every file whenever something about it changes.
   * @param {{ heeds?: boolean }} [options] Whether the other side's word counts that a file was attached to the
   *   appointment or taken back: an official's does, and only for who attaches none.
   */
  constructor(changed, { heeds = false } = {}) {
    this.#heeds = heeds;
    this.#outgoing = new OutgoingFiles(changed);
    this.#incoming = new IncomingFiles(changed);
  }

  /**
   * Go on over this channel; null while there is none.
   *
   * @param {PeerChannel | null} channel
   */
  use(channel) {
    this.#channel = channel;
    this.#incoming.use(channel);
    this.#outgoing.use(channel);
    channel?.read((told) => {
      if (typeof told === 'string') this.#receive(told);
      else this.#incoming.take(told);
    });
    for (const id of this.#attached) this.#tell('attached', id);
  }

  /**
   * Send a file when those before it are through.
   *
   * @param {File} file
   * @returns {Promise<Why | null>} Why it can't be sent; then nobody was told of it.
   */
  send(file) {
    return this.#outgoing.add(file);
  }

  /** @param {string} id Of a file in either direction; one that is through is left alone. */
  cancel(id) {
    this.#outgoing.cancel(id);
    this.#incoming.cancel(id);
  }

  /** @param {string} id A file of either direction is with the appointment now; both sides are to show it. */
  attached(id) {
    this.#attached.add(id);
    this.#mark(id, true);
    this.#tell('attached', id);
  }

  /** @param {string} id A file that was with the appointment is not any more; both sides are to show it. */
  withdrawn(id) {
    this.#attached.delete(id);
    this.#mark(id, false);
    this.#tell('withdrawn', id);
  }

  /** The call is over. */
  end() {
    this.#channel = null;
    this.#outgoing.end();
    this.#incoming.end();
  }

  /** @param {string} told */
  #receive(told) {
    const message = readMessage(told);
    if (!message) return;
    if (message.type === 'attached' || message.type === 'withdrawn') {
      if (this.#heeds) this.#mark(message.id, message.type === 'attached');
      return;
    }
    this.#incoming.receive(message);
    this.#outgoing.receive(message);
  }

  /**
   * @param {string} id
   * @param {boolean} attached
   */
  #mark(id, attached) {
    this.#outgoing.markAttached(id, attached);
    this.#incoming.markAttached(id, attached);
  }

  /**
   * @param {'attached' | 'withdrawn'} type
   * @param {string} id
   */
  #tell(type, id) {
    this.#channel?.send(JSON.stringify({ type, id }));
  }
}
