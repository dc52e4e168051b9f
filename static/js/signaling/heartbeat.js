/** Asks a silent socket whether it still lives, and says so when it does not answer in time. */

const PING_EVERY_MS = 15_000;
const PONG_WITHIN_MS = 8_000;

export class Heartbeat {
  #ping;
  #dead;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #pingTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #deadline;

  /**
   * @param {object} options
   * @param {() => void} options.ping Ask.
   * @param {() => void} options.dead Nothing came in time.
   */
  constructor({ ping, dead }) {
    this.#ping = ping;
    this.#dead = dead;
  }

  /**
   * Something has to come within this time.
   *
   * @param {number} withinMs
   */
  expect(withinMs) {
    this.stop();
    this.#deadline = setTimeout(this.#dead, withinMs);
  }

  /** Ask now. */
  ask(withinMs = PONG_WITHIN_MS) {
    this.expect(withinMs);
    this.#ping();
  }

  /** Something came: ask again once it has been silent for a while. */
  alive() {
    this.stop();
    this.#pingTimer = setTimeout(() => this.ask(), PING_EVERY_MS);
  }

  stop() {
    clearTimeout(this.#pingTimer);
    clearTimeout(this.#deadline);
  }
}
