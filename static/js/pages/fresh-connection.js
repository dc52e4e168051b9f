/** @import { Connect } from '../media/peer.js' */

/** @type {Connect} How the pages make the connections of a call. */
export const connect = (configuration, moved = false) =>
  moved ? connectionOfThisMoment(configuration) : new RTCPeerConnection(configuration);

/**
 * A connection that knows the addresses that this device has now.
 *
 * Chromium tells a page of a new address only two seconds after the device has got it, and until then looks for
 * a path from the old one. A document asks for the addresses when it makes its first connection, so one is made
 * in a frame of its own, which goes when the connection is closed. Other browsers need none of this.
 *
 * @param {RTCConfiguration} configuration
 * @returns {RTCPeerConnection}
 */
function connectionOfThisMoment(configuration) {
  if (!('userAgentData' in navigator)) return new RTCPeerConnection(configuration);
  const frame = document.createElement('iframe');
  frame.hidden = true;
  frame.ariaHidden = 'true';
  document.body.append(frame);
  const own = /** @type {typeof globalThis | null} */ (/** @type {unknown} */ (frame.contentWindow));
  const connection = new (own ?? globalThis).RTCPeerConnection(configuration);
  const close = connection.close.bind(connection);
  connection.close = () => {
    close();
    frame.remove();
  };
  return connection;
}
