/**
 * How this person chose to talk, kept in the tab so that who comes back to the call is not asked again.
 *
 * @import { CallState } from '../media/call-state.js'
 *
 * @typedef {'video' | 'sound' | 'none'} Chosen 'none': without camera and microphone.
 * @typedef {object} Choice
 * @property {Chosen} way
 * @property {boolean} microphone Not switched off.
 * @property {boolean} camera
 * @property {boolean} [left] They left: a reload alone does not bring them back.
 */
import { isFinal } from '../media/call-state.js';

/** @type {Choice} */
const NOTHING = { way: 'none', microphone: true, camera: true };

/** @param {string} visit */
const keyOf = (visit) => `vap.choice.${visit}`;

/**
 * @param {string} visit
 * @param {Choice} choice
 */
function remember(visit, choice) {
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

/**
 * Keep the choice as the call goes on, and beyond its end what there may be to come back to.
 *
 * @param {string} visit
 * @returns {(state: CallState) => void}
 */
export function memory(visit) {
  /** @type {Choice} */
  let choice = NOTHING;
  return ({ localMedia, mic, camera, phase, bye }) => {
    if (phase === 'ended') return forget(visit);
    // Nobody is asked for a camera to be told that there is no way back.
    if (bye?.reason === 'removed' || bye?.reason === 'too_late') choice = NOTHING;
    // Once it is over the devices are closed, and say nothing of what was chosen.
    else if (!isFinal(phase)) {
      const way = localMedia ? (localMedia.kind === 'video' ? 'video' : 'sound') : 'none';
      choice = { way, microphone: mic !== 'off', camera: camera !== 'off' };
    }
    return remember(visit, phase === 'left' ? { ...choice, left: true } : choice);
  };
}

/**
 * Somebody who left comes back.
 *
 * @param {string} visit
 */
export function comesBack(visit) {
  const choice = recall(visit);
  if (choice) remember(visit, { ...choice, left: false });
}

/** @param {string} visit */
function forget(visit) {
  try {
    sessionStorage.removeItem(keyOf(visit));
  } catch {
    // nothing was kept
  }
}
