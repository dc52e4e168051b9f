/** @import { CallState } from './call-state.js' */

/** Longer than two descriptions take; nobody notices a page that stands still so shortly. */
const AT_MOST_MS = 150;

/**
 * When a page is told of a change: at once, unless two people are just being connected. A page that paints itself
 * anew then takes the processor from what connects them, and on a phone as long as the connecting itself.
 */
export class Telling {
  #tell;
  #patient = true;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {() => void} tell */
  constructor(tell) {
    this.#tell = tell;
  }

  /** @param {CallState} state */
  changed(state) {
    const connecting = isConnecting(state);
    if (!connecting) this.#patient = true;
    if (!connecting || !this.#patient) return this.#now();
    this.#timer ??= setTimeout(() => {
      this.#patient = false;
      this.#now();
    }, AT_MOST_MS);
  }

  #now() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#tell();
  }
}

/**
 * Whether there is no path yet to somebody in the call.
 *
 * @param {CallState} state
 */
function isConnecting({ phase, participants, links }) {
  if (phase !== 'in_call') return false;
  const missing = new Set([undefined, 'new', 'connecting']);
  return participants.some(({ id, stage, online }) => stage === 'admitted' && online && missing.has(links.get(id)));
}
