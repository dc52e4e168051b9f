/**
 * Has the devices back that the system took away while the page was out of sight, as phones do for a call.
 *
 * @import { Call } from '../media/call.js'
 * @import { Surroundings } from './call-features.js'
 */
import { listen } from '../lib/dom.js';

/** Mostly the system gives them back by itself. */
const BY_ITSELF_MS = 1_500;

/**
 * @param {Call} call
 * @param {Surroundings} surroundings
 */
export function start(call, { signal }) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const mend = async () => {
    const media = call.state.localMedia;
    if (!media || document.hidden || signal.aborted) return;
    for (const medium of /** @type {const} */ (['audio', 'video'])) {
      const track = media.tracks[medium];
      if (track && (track.readyState === 'ended' || track.muted)) await media.reopen(medium);
    }
  };
  const soon = () => {
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(() => void mend(), BY_ITSELF_MS);
  };
  listen(document, 'visibilitychange', soon, signal);
  listen(window, 'pageshow', soon, signal);
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
}
