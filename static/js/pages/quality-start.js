/** @import { Report } from './quality-report.js' */

const FIRST_AFTER_MS = 4_000;

/**
 * Measure a call every ten seconds. What that takes is loaded a moment later, so it delays no first picture.
 *
 * @param {Report} report
 * @returns {(configuration: RTCConfiguration) => RTCPeerConnection} How the call is to make its connections.
 */
export function measured(report) {
  /** @type {RTCPeerConnection[]} */
  const connections = [];
  const timer = setTimeout(async () => {
    const loaded = await import('./quality-report.js').catch(() => null); // cut off just now: no numbers
    loaded?.reportQuality(report, connections);
  }, FIRST_AFTER_MS);
  report.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  return (configuration) => {
    const connection = new RTCPeerConnection(configuration);
    connections.push(connection);
    return connection;
  };
}
