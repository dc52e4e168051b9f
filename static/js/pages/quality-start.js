/**
 * @import { Connect } from '../media/peer.js'
 * @import { ParticipantView } from '../signaling/messages.js'
 * @import { Report } from './quality-report.js'
 */
import { connectionOfThisMoment } from './fresh-connection.js';

const FIRST_AFTER_MS = 4_000;

/**
 * Measure a call every ten seconds. What that takes is loaded a moment later, so it delays no first picture.
 *
 * @param {Report} report
 * @returns {Connect} How the call is to make its connections.
 */
export function measured(report) {
  /** @type {RTCPeerConnection[]} */
  const connections = [];
  const timer = setTimeout(async () => {
    const loaded = await import('./quality-report.js').catch(() => null); // cut off just now: no numbers
    loaded?.reportQuality(report, connections);
  }, FIRST_AFTER_MS);
  report.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  return (configuration, moved = false) => {
    const connection = moved ? connectionOfThisMoment(configuration) : new RTCPeerConnection(configuration);
    connections.push(connection);
    return connection;
  };
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
