/**
 * What the call can do besides being seen and heard. Each feature is a module of its own, loaded after the
 * call has begun, and shows its own rows in the menu "more" where the browser can do it.
 *
 * @import { Call } from '../media/call.js'
 * @import { CallState } from '../media/call-state.js'
 *
 * @typedef {object} Surroundings
 * @property {'customer' | 'agent'} side
 * @property {(words: string) => () => void} say Shows a sentence for a moment and has it read out; what it returns
 *   takes the sentence away.
 * @property {AbortSignal} signal The call is over.
 *
 * @typedef {(state: CallState) => void} Show Told of every change of the call.
 *
 * @typedef {object} Feature
 * @property {(call: Call, surroundings: Surroundings) => Show | void} start
 */
import { moreMenu } from './more-menu.js';

/** @type {readonly (() => Promise<Feature>)[]} */
const FEATURES = [
  () => import('./feature-group.js'),
  () => import('./feature-notes.js'),
  () => import('./feature-weak.js'),
  () => import('./feature-pause.js'),
  () => import('./feature-lost.js'),
  () => import('./feature-devices.js'),
  () => import('./feature-share.js'),
  () => import('./feature-document.js'),
  () => import('./feature-apart.js'),
  () => import('./feature-files.js'),
  () => import('./feature-proof.js'),
];

/** @type {Readonly<Record<Surroundings['side'], readonly (() => Promise<Feature>)[]>>} What one side alone can do. */
const OF_SIDE = {
  customer: [() => import('./feature-guests.js'), () => import('./feature-hand-over.js')],
  agent: [() => import('./feature-people.js')],
};

/**
 * Start every feature. One that can't be loaded is missing; the others are there all the same.
 *
 * @param {Call} call
 * @param {Surroundings} surroundings
 */
export async function startFeatures(call, surroundings) {
  const { signal } = surroundings;
  const starting = [...FEATURES, ...OF_SIDE[surroundings.side]].map(async (load) => {
    const { start } = await load();
    if (signal.aborted) return;
    const show = start(call, surroundings);
    if (!show) return;
    call.on('change', show, { signal });
    show(call.state);
  });
  await Promise.allSettled(starting);
  if (signal.aborted) return;
  call.on('change', (state) => endShowing(call, state), { signal });
  moreMenu(signal);
}

/**
 * Whoever was sent back to the waiting room is called in by anybody, and may not know what they showed last.
 *
 * @param {Call} call
 * @param {CallState} state
 */
function endShowing(call, { phase, instead }) {
  // Not within the telling of this change: others have yet to hear of it.
  if (instead && phase === 'waiting') queueMicrotask(() => call.showInstead(null));
}
