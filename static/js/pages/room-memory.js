/**
 * How this person chose to talk, kept in the tab so that a reload returns to the call without asking again.
 *
 * @typedef {'video' | 'sound' | 'none'} Chosen 'none': without camera and microphone.
 * @typedef {{ way: Chosen, microphone: boolean, camera: boolean }} Choice The last two: not switched off.
 */

/** @param {string} visit */
const keyOf = (visit) => `vap.choice.${visit}`;

/**
 * @param {string} visit
 * @param {Choice} choice
 */
export function remember(visit, choice) {
  try {
    sessionStorage.setItem(keyOf(visit), JSON.stringify(choice));
  } catch {
    // storage is closed in this browser: it will ask again
  }
}

/**
 * @param {string} visit
 * @returns {Choice | null}
 */
export function recall(visit) {
  try {
    return JSON.parse(sessionStorage.getItem(keyOf(visit)) ?? 'null');
  } catch {
    return null;
  }
}

/** @param {string} visit */
export function forget(visit) {
  try {
    sessionStorage.removeItem(keyOf(visit));
  } catch {
    // nothing was kept
  }
}
