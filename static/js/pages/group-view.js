/**
 * Whose pictures stand where when more than two are in a call: a calm grid, or one large beside a strip. Pure.
 *
 * @import { CallState } from '../media/call-state.js'
 * @import { ParticipantView } from '../signaling/messages.js'
 *
 * @typedef {object} GroupView
 * @property {readonly ParticipantView[]} others Who has a tile beside the main one, in the order of their ids:
 *   nobody moves because somebody speaks.
 * @property {number} tiles How many tiles there are, the main one and one's own too; 0 while two talk as ever.
 * @property {string | null} large Whose picture stands large; null for a grid. Never one's own.
 */

/**
 * @param {CallState} state
 * @param {string | null} mainId Who stands in the main tile, if anybody does.
 * @param {boolean} [own] Whether one's own tile is shown: not by whoever has no camera.
 * @returns {GroupView}
 */
export function groupView({ phase, self, participants, pinned }, mainId, own = true) {
  const here = participants.filter(({ stage }) => stage === 'admitted' || stage === 'held');
  const others = here.filter(({ id }) => id !== mainId).sort((a, b) => (a.id < b.id ? -1 : 1));
  if (phase !== 'in_call' || others.length === 0) return { others: [], tiles: 0, large: null };
  return { others, tiles: others.length + (own ? 2 : 1), large: largest(here, pinned, self?.id ?? '') };
}

/**
 * Who is to be seen large: whom an official pinned, and else who shows something that has to be read.
 *
 * @param {readonly ParticipantView[]} here
 * @param {string | null} pinned
 * @param {string} selfId
 */
function largest(here, pinned, selfId) {
  if (pinned !== null && pinned !== selfId && here.some(({ id }) => id === pinned)) return pinned;
  const shows = here.find(({ shows = 'camera', stage }) => shows !== 'camera' && stage === 'admitted');
  return shows?.id ?? null;
}

/**
 * The key of the word for what somebody is in the call, null for who needs none.
 *
 * @param {Pick<ParticipantView, 'part'>} someone
 */
export function partKey({ part = '' }) {
  return part ? `say.guests.part.${part}` : null;
}
