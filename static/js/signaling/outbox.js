/**
 * @import { ClientMessage } from './messages.js'
 *
 * @typedef {object} Pending A command on its way. With `settle`, somebody waits for its ack.
 * @property {ClientMessage} message
 * @property {string | undefined} ref
 * @property {boolean} again Whether it may be sent again after a resume: twice has the effect of once.
 * @property {boolean} sent Whether the present socket has carried it.
 * @property {((outcome: { seq: number } | { code: string }) => void) | undefined} settle
 */

// Below what the hub takes in one breath (signaling/limits.py), since all of it follows a resume at once.
const LIMIT = 100;

/**
 * Commands not yet sent, or sent and not yet acknowledged, in their order. Does no I/O.
 */
export class Outbox {
  /** @type {Pending[]} */
  #entries = [];

  get size() {
    return this.#entries.length;
  }

  /**
   * Add one at the end; false (and nothing changed) when the outbox is full.
   *
   * @param {Pending} pending
   */
  add(pending) {
    if (this.#entries.length >= LIMIT) return false;
    this.#entries.push(pending);
    return true;
  }

  /** Take what has to be written now; those that nobody answers are forgotten. */
  flush() {
    const due = this.#entries.filter((entry) => !entry.sent);
    for (const entry of due) entry.sent = true;
    this.#entries = this.#entries.filter((entry) => entry.ref !== undefined);
    return due;
  }

  /**
   * The command with this ref was answered, or is given up.
   *
   * @param {string | undefined} ref
   * @param {{ seq: number } | { code: string }} outcome
   */
  settle(ref, outcome) {
    const entry = this.#entries.find((each) => each.ref !== undefined && each.ref === ref);
    if (!entry) return;
    this.#entries = this.#entries.filter((each) => each !== entry);
    entry.settle?.(outcome);
  }

  /** The socket is gone: what may be repeated waits to be sent again, the rest failed. */
  disconnected() {
    const lost = this.#entries.filter((entry) => entry.sent && !entry.again);
    this.#entries = this.#entries.filter((entry) => !lost.includes(entry));
    for (const entry of this.#entries) entry.sent = false;
    for (const entry of lost) entry.settle?.({ code: 'unavailable' });
  }

  /** Nothing will be sent any more. */
  abandon() {
    const entries = this.#entries;
    this.#entries = [];
    for (const entry of entries) entry.settle?.({ code: 'unavailable' });
  }
}
