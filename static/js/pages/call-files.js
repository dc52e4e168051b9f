import { FileTransfer } from '../media/file-transfer.js';

/**
 * @import { Call } from '../media/call.js'
 * @import { CallState } from '../media/call-state.js'
 * @import { FileView, Why } from '../media/file-messages.js'
 *
 * @typedef {FileView & { with: string, paused: boolean }} CallFile A file and the participant it comes from or
 *   goes to; `paused` while there is no path to them.
 */

/** The files of a call, with everybody in it: each goes to all of them. */
export class CallFiles {
  #call;
  #attaches;
  #changed;
  /** @type {Map<string, FileTransfer>} */
  #transfers = new Map();
  /** @type {Map<string, CallFile>} */
  #files = new Map();

  /**
   * @param {Call} call
   * @param {{ attaches: boolean, changed: (file: CallFile, before: CallFile | null) => void, signal: AbortSignal
   *   }} options
   */
  constructor(call, { attaches, changed, signal }) {
    this.#call = call;
    this.#attaches = attaches;
    this.#changed = changed;
    const use = (/** @type {string} */ id) => this.#with(id).use(call.channels.get(id)?.files ?? null);
    for (const id of call.channels.keys()) use(id);
    call.on('channels', ({ id }) => {
      use(id);
      this.#showAgain(id);
    }, { signal });
    signal.addEventListener('abort', () => this.#transfers.forEach((transfer) => transfer.end()), { once: true });
  }

  /**
   * @param {File} file
   * @returns {Promise<Why | 'nobody' | null>} Why it can't be sent.
   */
  async send(file) {
    const there = [...this.#call.channels.keys()];
    if (!there.length) return 'nobody';
    const answers = await Promise.all(there.map((id) => this.#with(id).send(file)));
    return answers[0] ?? null;
  }

  /** @param {CallFile} file */
  cancel(file) {
    this.#with(file.with).cancel(file.id);
  }

  /** @param {CallFile} file It is with the appointment now. */
  attached(file) {
    this.#with(file.with).attached(file.id);
  }

  /** @param {CallFile} file It was with the appointment, and is not any more. */
  withdrawn(file) {
    this.#with(file.with).withdrawn(file.id);
  }

  /** @param {CallState} state Who has left takes what was on its way along. */
  follow({ participants }) {
    for (const [id, transfer] of this.#transfers) {
      const there = participants.some((each) => each.id === id && each.stage !== 'left');
      if (!there) transfer.end();
    }
  }

  /** @param {string} id */
  #with(id) {
    const known = this.#transfers.get(id);
    if (known) return known;
    const official = this.#call.state.participants.some((each) => each.id === id && each.host);
    const made = new FileTransfer((view) => this.#put(id, view), { heeds: official && !this.#attaches });
    this.#transfers.set(id, made);
    return made;
  }

  /**
   * @param {string} id
   * @param {FileView} view
   */
  #put(id, view) {
    // The other side chooses ids as it likes: one's own can't be meant by them.
    const key = `${id} ${view.direction} ${view.id}`;
    const file = { ...view, with: id, paused: !this.#call.channels.has(id) };
    const before = this.#files.get(key) ?? null;
    this.#files.set(key, file);
    this.#changed(file, before);
  }

  /** @param {string} id */
  #showAgain(id) {
    for (const file of [...this.#files.values()]) if (file.with === id) this.#put(id, file);
  }
}
