/**
 * What the waiting room says of an outlook, and of the minute one may ask for. Pure.
 *
 * @import { Outlook, ParticipantView } from '../signaling/messages.js'
 *
 * @typedef {{ key: string, values: Record<string, string | number> }} Words
 *
 * @typedef {object} OutlookView
 * @property {Words} when
 * @property {number | null} before How many are served before, null if it is not to be said.
 * @property {boolean} late
 */
import { timeRange } from '../lib/time.js';

// So near, a range says less than that it will be soon.
const SOON_MS = 5 * 60_000;

/**
 * @param {Outlook} outlook
 * @param {number} now The server's time, in milliseconds.
 * @param {string} language
 * @param {string} timeZone
 * @returns {OutlookView}
 */
export function outlookView({ earliestAt, latestAt, before, late }, now, language, timeZone) {
  if (earliestAt === undefined || latestAt === undefined) {
    return { when: { key: 'say.waiting.unknown', values: {} }, before: null, late: late === true };
  }
  const { start, end } = timeRange(earliestAt, latestAt, language, timeZone);
  const soon = earliestAt - now < SOON_MS;
  const when = soon
    ? { key: 'say.waiting.soon', values: { end } }
    : { key: 'say.waiting.between', values: { start, end } };
  return { when, before: before ?? null, late: late === true };
}

/**
 * How it stands with the minute of whoever is called: not asked for yet, running, or over.
 *
 * @param {ParticipantView | null} self
 * @param {number} now The server's time, in milliseconds.
 * @returns {'free' | 'running' | 'over'}
 */
export function minuteState(self, now) {
  const until = self?.minuteUntil ?? 0;
  if (until === 0) return 'free';
  return until > now ? 'running' : 'over';
}
