/**
 * Shows the screen in the camera's place.
 *
 * @import { Call } from '../media/call.js'
 * @import { CallState } from '../media/call-state.js'
 * @import { Surroundings } from './call-features.js'
 */
import { byId, listen, one, setText, show } from '../lib/dom.js';
import { text } from '../lib/page-data.js';

/** Text is read, not watched: sharp rather than smooth. */
const PICTURE = { frameRate: { max: 15 }, width: { max: 1_920 }, height: { max: 1_080 } };

/**
 * @param {Call} call
 * @param {Surroundings} surroundings
 */
export function start(call, { say, signal }) {
  if (!('getDisplayMedia' in (navigator.mediaDevices ?? {}))) return undefined; // phones
  const row = byId('share-screen', HTMLButtonElement);
  const label = one(row, 'span', HTMLElement);
  const begin = async () => {
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia({ video: PICTURE });
      const [track] = stream.getVideoTracks();
      if (!track) return;
      track.contentHint = 'detail';
      call.showInstead({ shows: 'screen', track, stop: () => track.stop() });
    } catch (error) {
      // Whoever closed the browser's question knows that nothing is shared.
      if (!(error instanceof DOMException)) throw error;
      if (error.name !== 'NotAllowedError' && error.name !== 'AbortError') say(text('say.call.share_failed'));
    }
  };
  const shares = () => call.state.instead?.shows === 'screen';
  listen(row, 'click', () => (shares() ? call.showInstead(null) : void begin()), signal);
  show(row);
  return (/** @type {CallState} */ { phase }) => {
    setText(label, text(shares() ? 'say.call.share_stop' : 'say.call.share'));
    row.disabled = phase !== 'in_call';
  };
}
