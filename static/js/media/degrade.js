/**
 * How a picture gives way to a weak network, a step at a time, so that the sound goes on; and how it comes back.
 * Pure: the table is the truth, `next` looks things up.
 *
 * @import { Limits } from './negotiation.js'
 *
 * @typedef {object} Reading What one path says of what is sent over it. Null where it says nothing yet.
 * @property {number} at Milliseconds.
 * @property {number | null} loss Share of packets that the other side missed, 0 to 1.
 * @property {number | null} rttMs
 * @property {number | null} availableKbps What the browser believes the path carries.
 * @property {number | null} framesPerSecond
 * @property {boolean} held Whether the browser itself holds the picture back for the path's sake.
 *
 * @typedef {'full' | 'smaller' | 'slower' | 'sound'} StepName
 *
 * @typedef {object} Step
 * @property {StepName} name
 * @property {number} needsKbps Below this the step is not tried, and left.
 * @property {Limits} face
 * @property {Limits} page A screen or a document is there to be read: it stays sharp and gets slower.
 *
 * @typedef {object} Standing Where a path stands.
 * @property {number} step Index in STEPS; 0 is as good as it gets.
 * @property {number} startedAt
 * @property {number | null} badSince
 * @property {number | null} calmSince
 * @property {number | null} raisedAt When it last went up.
 * @property {number} fellBack How often in a row going up did not last.
 */
import { NO_LIMITS } from './negotiation.js';

const SOUND_ONLY = { ...NO_LIMITS, picture: false };

/** @type {readonly Step[]} */
export const STEPS = [
  { name: 'full', needsKbps: 320, face: NO_LIMITS, page: NO_LIMITS },
  {
    name: 'smaller',
    needsKbps: 160,
    face: { picture: true, scale: 2, framesPerSecond: 24, bitsPerSecond: 350_000 },
    page: { picture: true, scale: 1, framesPerSecond: 8, bitsPerSecond: 350_000 },
  },
  {
    name: 'slower',
    needsKbps: 80,
    face: { picture: true, scale: 2, framesPerSecond: 12, bitsPerSecond: 150_000 },
    page: { picture: true, scale: 1, framesPerSecond: 3, bitsPerSecond: 150_000 },
  },
  { name: 'sound', needsKbps: 0, face: SOUND_ONLY, page: SOUND_ONLY },
];

const SOUND = STEPS.length - 1;

/** Beyond these a call suffers, below the others it is calm; between them a path stays where it is. */
const BAD = { loss: 0.1, rttMs: 1_000, framesPerSecond: 7 };
const CALM = { loss: 0.03, rttMs: 500 };

/** What the browser believes of a path is a guess until it has tried. */
const GUESSES_FOR_MS = 8_000;
const DOWN_AFTER_MS = 3_000;
const UP_AFTER_MS = 8_000;
const UP_AFTER_AT_MOST_MS = 64_000;
/** A step up that is undone sooner than this did not last. */
const LASTED_MS = 15_000;

/**
 * @param {number} at
 * @returns {Standing}
 */
export function standing(at) {
  return { step: 0, startedAt: at, badSince: null, calmSince: null, raisedAt: null, fellBack: 0 };
}

/**
 * Decide where a path stands after one more reading.
 *
 * @param {Standing} before
 * @param {Reading} reading
 * @returns {Standing}
 */
export function next(before, reading) {
  const { at } = reading;
  const bad = isBad(before, reading);
  const calm = !bad && isCalm(reading);
  const now = {
    ...before,
    badSince: bad ? (before.badSince ?? at) : null,
    calmSince: calm ? (before.calmSince ?? at) : null,
  };
  if (now.badSince !== null && at - now.badSince >= DOWN_AFTER_MS && now.step < SOUND) return down(now, reading);
  if (now.calmSince !== null && at - now.calmSince >= patience(now) && now.step > 0) return up(now, at);
  return lasted(now, at) ? { ...now, fellBack: 0 } : now;
}

/**
 * @param {number} step
 * @param {boolean} read Whether what is shown is there to be read.
 * @returns {Limits}
 */
export function limitsOf(step, read) {
  const { face, page } = stepAt(step);
  return read ? page : face;
}

/** @param {number} step */
export function stepAt(step) {
  const found = STEPS[step];
  if (!found) throw new RangeError(`no step ${step}`);
  return found;
}

/**
 * @param {Standing} now
 * @param {Reading} reading
 */
function isBad({ step, startedAt }, { at, loss, rttMs, availableKbps, framesPerSecond, held }) {
  if ((loss ?? 0) > BAD.loss || (rttMs ?? 0) > BAD.rttMs) return true;
  if (at - startedAt < GUESSES_FOR_MS) return false;
  if (held && framesPerSecond !== null && framesPerSecond < BAD.framesPerSecond) return true;
  return availableKbps !== null && availableKbps < stepAt(step).needsKbps;
}

/** @param {Reading} reading */
function isCalm({ loss, rttMs, held }) {
  return !held && (loss ?? 0) < CALM.loss && (rttMs ?? 0) < CALM.rttMs;
}

/**
 * Go down to the best step that the path is believed to carry, one at least.
 *
 * @param {Standing} now
 * @param {Reading} reading
 * @returns {Standing}
 */
function down(now, { at, availableKbps }) {
  const fits = availableKbps === null ? 0 : STEPS.findIndex(({ needsKbps }) => needsKbps <= availableKbps);
  const step = Math.min(SOUND, Math.max(now.step + 1, fits));
  const undone = now.raisedAt !== null && at - now.raisedAt < LASTED_MS;
  const fellBack = undone ? now.fellBack + 1 : now.fellBack;
  return { ...now, step, badSince: null, calmSince: null, raisedAt: null, fellBack };
}

/**
 * Try one step up. What the path would carry can't be known before: nobody has sent that much.
 *
 * @param {Standing} now
 * @param {number} at
 * @returns {Standing}
 */
function up(now, at) {
  return { ...now, step: now.step - 1, badSince: null, calmSince: null, raisedAt: at };
}

/** @param {Standing} now */
function patience({ fellBack }) {
  return Math.min(UP_AFTER_AT_MOST_MS, UP_AFTER_MS * 2 ** fellBack);
}

/**
 * @param {Standing} now
 * @param {number} at
 */
function lasted({ raisedAt }, at) {
  return raisedAt !== null && at - raisedAt >= LASTED_MS;
}
