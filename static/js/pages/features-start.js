/**
 * @import { Call } from '../media/call.js'
 * @import { Surroundings } from './call-features.js'
 */

/** By then the first picture is there; what is loaded sooner takes from it. */
const FIRST_AFTER_MS = 2_000;
const IDLE_WITHIN_MS = 3_000;
/** Whoever watches invites others, and sees who waits, before the call begins. */
const THERE = new Set(['watching', 'in_call']);

/**
 * Load what the call can do besides being seen and heard, once this person is in it and the browser has
 * nothing better to do: it delays no first picture.
 *
 * @param {Call} call
 * @param {Surroundings} surroundings
 */
export function featuresWhenTalking(call, surroundings) {
  const { signal } = surroundings;
  let begun = false;
  const look = () => {
    if (begun || !THERE.has(call.state.phase)) return;
    begun = true;
    const begin = async () => {
      if (signal.aborted) return;
      const loaded = await load().catch(() => null); // cut off just now: the call goes on
      if (!signal.aborted) await loaded?.startFeatures(call, surroundings);
    };
    setTimeout(() => whenIdle(() => void begin()), FIRST_AFTER_MS);
  };
  call.on('change', look, { signal });
  look();
}

async function load() {
  const [features] = await Promise.all([
    import('./call-features.js'),
    import('./call-parts.js').then(({ fetchCallParts }) => fetchCallParts()),
  ]);
  return features;
}

/** @param {() => void} run */
function whenIdle(run) {
  // Safari has no idle callbacks.
  if ('requestIdleCallback' in globalThis) requestIdleCallback(run, { timeout: IDLE_WITHIN_MS });
  else setTimeout(run, IDLE_WITHIN_MS / 3);
}
