import { getJson } from '../lib/http.js';

const EVERY_MS = 5_000;

/**
 * Ask every five seconds, while the page is in sight, until the written answer is there; then call `ready`
 * once. A failed attempt is simply repeated.
 *
 * @param {string} url Answers `{ state, outcome }`.
 * @param {() => void} ready
 * @param {AbortSignal} signal Ends the asking.
 */
export function whenAnswered(url, ready, signal) {
  let asking = false;
  const ask = async () => {
    if (asking || document.hidden || signal.aborted) return;
    asking = true;
    try {
      const { outcome } = await getJson(url, { signal });
      if (outcome && !signal.aborted) {
        stop();
        ready();
      }
    } catch {
      // the next turn asks again
    } finally {
      asking = false;
    }
  };
  const timer = setInterval(ask, EVERY_MS);
  const stop = () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', ask);
  };
  document.addEventListener('visibilitychange', ask);
  signal.addEventListener('abort', stop, { once: true });
  void ask();
}
