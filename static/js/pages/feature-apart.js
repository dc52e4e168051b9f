/**
 * Keeps the customer in sight in a small window above the others, while the agent looks something up.
 *
 * @import { Call } from '../media/call.js'
 * @import { CallState } from '../media/call-state.js'
 * @import { Surroundings } from './call-features.js'
 */
import { byId, listen, show } from '../lib/dom.js';
import { text } from '../lib/page-data.js';

/**
 * @param {Call} _call
 * @param {Surroundings} surroundings
 */
export function start(_call, { side, say, signal }) {
  if (side !== 'agent' || !document.pictureInPictureEnabled) return undefined;
  const row = byId('picture-apart', HTMLButtonElement);
  const toggle = async () => {
    if (document.pictureInPictureElement) return document.exitPictureInPicture();
    const video = document.querySelector('#remote .vap-tile__video');
    if (!(video instanceof HTMLVideoElement) || video.readyState === 0) return say(text('say.call.apart_nothing'));
    return video.requestPictureInPicture().catch(() => say(text('say.call.apart_nothing')));
  };
  listen(row, 'click', () => void toggle(), signal);
  signal.addEventListener('abort', () => {
    if (document.pictureInPictureElement) document.exitPictureInPicture().catch(() => undefined);
  }, { once: true });
  show(row);
  return (/** @type {CallState} */ { phase }) => {
    row.disabled = phase !== 'in_call';
  };
}
