/** @import { ParticipantView } from '../signaling/messages.js' */

/** Says who has come to be let in: once, and for no longer than they wait. */
export class WhoWaits {
  #say;
  /** @type {ReadonlySet<string>} */
  #known = new Set();
  /** @type {{ id: string, takeBack: () => void } | null} */
  #said = null;

  /** @param {(someone: ParticipantView) => () => void} say Returns what takes the sentence away again. */
  constructor(say) {
    this.#say = say;
  }

  /** @param {readonly ParticipantView[]} waiting All who wait now. */
  show(waiting) {
    const came = waiting.find(({ id }) => !this.#known.has(id));
    this.#known = new Set(waiting.map(({ id }) => id));
    if (this.#said && !this.#known.has(this.#said.id)) {
      this.#said.takeBack();
      this.#said = null;
    }
    if (came) this.#said = { id: came.id, takeBack: this.#say(came) };
  }
}
