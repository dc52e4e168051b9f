/**
 * Who speaks: told from loudness, steadily. A mark that flickers with each word, or moves people about, would
 * tire whoever looks. Pure.
 */

/** As loud as speech is at least; breathing and keys are below it. */
const SPEECH = 0.02;

/** How long a pause for breath may be before the mark goes. */
const PAUSE_MS = 1_200;

/** How often in a row it has to be that loud: a door that slams is loud once. */
const TWICE = 2;

export class Speaking {
  /** @type {Map<string, { loud: number, until: number }>} */
  #heard = new Map();

  /**
   * Take what is heard now, and say who speaks.
   *
   * @param {ReadonlyMap<string, number>} loudness By participant, from 0 to 1.
   * @param {number} now Milliseconds of any steady clock.
   * @returns {Set<string>}
   */
  hear(loudness, now) {
    for (const id of this.#heard.keys()) if (!loudness.has(id)) this.#heard.delete(id);
    const speaking = new Set();
    for (const [id, level] of loudness) {
      const before = this.#heard.get(id) ?? { loud: 0, until: 0 };
      const loud = level >= SPEECH ? before.loud + 1 : 0;
      const until = loud >= TWICE ? now + PAUSE_MS : before.until;
      this.#heard.set(id, { loud, until });
      if (now < until) speaking.add(id);
    }
    return speaking;
  }
}
