/**
 * @import { ParticipantView } from '../signaling/messages.js'
 * @import { Report } from './quality-report.js'
 */

const FIRST_AFTER_MS = 4_000;

/**
 * Measure a call every ten seconds. What that takes is loaded a moment later, so it delays no first picture.
 *
 * @param {Report} report
 */
export function measure(report) {
  const timer = setTimeout(async () => {
    const loaded = await import('./quality-report.js').catch(() => null); // cut off just now: no numbers
    loaded?.reportQuality(report);
  }, FIRST_AFTER_MS);
  report.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
}

/**
 * Whether somebody's picture is to move: one that is off or held still does not, and a screen or a document
 * stands there to be read.
 *
 * @param {Pick<ParticipantView, 'camera' | 'shows' | 'still'> | null | undefined} someone
 */
export function isMoving(someone) {
  return someone?.camera === 'on' && (someone.shows ?? 'camera') === 'camera' && !someone.still;
}
