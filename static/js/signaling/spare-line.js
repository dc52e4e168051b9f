/**
 * A second socket beside one that is in doubt: whichever answers first is used, so that a dead one costs no
 * wait and a living one is not given up.
 */

// A living line answers within its round trip, which is usually shorter.
const OPEN_AFTER_MS = 50;

export class SpareLine {
  #open;
  #use;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {object} options
   * @param {() => WebSocket} options.open
   * @param {(socket: WebSocket) => void} options.use It is open before the other one has answered.
   */
  constructor({ open, use }) {
    this.#open = open;
    this.#use = use;
  }

  /** The other one is in doubt, and was asked just now. */
  prepare() {
    this.#timer ??= setTimeout(() => this.#begin(), OPEN_AFTER_MS);
  }

  /** The other one has answered, or is gone. */
  drop() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#socket?.close();
    this.#socket = null;
  }

  #begin() {
    const socket = this.#open();
    this.#socket = socket;
    const opened = () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#use(socket);
    };
    socket.addEventListener('open', opened, { once: true });
  }
}
