/**
 * Has the devices back that the system took away: those of a phone after its own call, at the return to the page;
 * another microphone or camera at once where one is unplugged, and whenever there are new ones to try.
 *
 * @import { Call } from '../media/call.js'
 * @import { CallState } from '../media/call-state.js'
 * @import { LocalMedia } from '../media/local-media.js'
 * @import { Surroundings } from './call-features.js'
 */
import { listen } from '../lib/dom.js';
import { isTaken } from '../media/taken.js';

/** Mostly the system gives them back by itself. */
const BY_ITSELF_MS = 1_500;

/**
 * @param {Call} call
 * @param {Surroundings} surroundings
 */
export function start(call, { signal }) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let mending = Promise.resolve();
  /** @type {LocalMedia | null} */
  let watched = null;
  let watching = new AbortController();

  const mendNow = async () => {
    for (const medium of /** @type {const} */ (['audio', 'video'])) {
      const media = call.state.localMedia;
      if (!signal.aborted && isTaken(media?.tracks[medium])) await media?.reopen(medium);
    }
  };
  // One after the other: what is unplugged may have been both at once.
  const mend = () => {
    mending = mending.then(mendNow);
  };
  const soon = () => {
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(mend, BY_ITSELF_MS);
  };
  listen(document, 'visibilitychange', soon, signal);
  listen(window, 'pageshow', soon, signal);
  signal.addEventListener('abort', () => {
    clearTimeout(timer);
    watching.abort();
  }, { once: true });

  return (/** @type {CallState} */ { localMedia }) => {
    if (localMedia === watched) return;
    watched = localMedia;
    watching.abort();
    watching = new AbortController();
    for (const name of /** @type {const} */ (['ended', 'devices'])) {
      localMedia?.on(name, name === 'ended' ? mend : soon, { signal: watching.signal });
    }
    mend(); // it may have gone while this person waited
  };
}
