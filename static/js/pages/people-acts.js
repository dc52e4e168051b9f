/**
 * What an official may do with each person in the room. Pure.
 *
 * @import { ParticipantView } from '../signaling/messages.js'
 *
 * @typedef {'admit' | 'resume' | 'hold' | 'lobby' | 'remove' | 'pin' | 'unpin'} Act
 */

/** @type {Readonly<Record<ParticipantView['stage'], readonly Act[]>>} */
const GUEST = {
  watching: [],
  waiting: ['admit', 'remove'],
  preparing: ['admit', 'remove'],
  admitted: ['hold', 'lobby', 'remove'],
  held: ['resume', 'lobby', 'remove'],
  left: [],
};

/**
 * The customer has buttons of their own, and colleagues come and go as they decide: both are only pinned.
 *
 * @param {Pick<ParticipantView, 'stage' | 'host'>} person
 * @param {{ pinned: boolean, customer: boolean, watches?: boolean }} options `watches`: the official is not in the
 *   call themselves, and has nothing to say about whoever is.
 * @returns {readonly Act[]}
 */
export function actsOn({ stage, host }, { pinned, customer, watches = false }) {
  const own = customer || host ? [] : GUEST[stage];
  if (watches) return stage === 'waiting' || stage === 'preparing' ? own : [];
  if (stage !== 'admitted' && !pinned) return own;
  return [pinned ? 'unpin' : 'pin', ...own];
}
