/**
 * Says, for as long as it is so, what is unusual about pictures and sound: that one is not heard, what one of the
 * others shows, what holds a picture back, and that the sound goes on.
 *
 * @import { Call } from '../media/call.js'
 * @import { CallState } from '../media/call-state.js'
 * @import { ParticipantView } from '../signaling/messages.js'
 * @import { Surroundings } from './call-features.js'
 */
import { byId, make } from '../lib/dom.js';
import { nameOf } from '../lib/names.js';
import { isolated, text } from '../lib/page-data.js';
import { isTaken } from '../media/taken.js';

/**
 * @param {Call} _call
 * @param {Surroundings} surroundings
 */
export function start(_call, { side }) {
  const place = byId('call-notes', HTMLElement);
  /** @type {string[]} */
  let said = [];
  return (/** @type {CallState} */ state) => {
    const keys = state.phase === 'in_call' ? notes(state, side) : [];
    const words = keys.map(({ key, name }) => text(`say.call.note.${key}`, { name: isolated(name) }));
    // Only what is new, so that a live region does not read the rest again.
    if (words.join('\n') === said.join('\n')) return;
    const kept = new Map([...place.children].map((each) => [each.textContent, each]));
    place.replaceChildren(...words.map((each) => kept.get(each) ?? make('p', 'call-notes__note', each)));
    said = words;
  };
}

/**
 * @param {CallState} state
 * @param {Surroundings['side']} side
 * @returns {{ key: string, name: string }[]}
 */
export function notes({ trouble, camera, localMedia, participants }, side) {
  const own = [isTaken(localMedia?.tracks.audio) ? 'own_unheard' : null, ownKey(trouble, camera, side)];
  const others = participants.filter(({ stage }) => stage === 'admitted').map((each) => {
    const key = othersKey(each);
    return key ? [{ key, name: nameOf(each) }] : [];
  });
  return [...own.flatMap((key) => (key ? [{ key, name: '' }] : [])), ...others.flat()];
}

/**
 * @param {CallState['trouble']} trouble
 * @param {CallState['camera']} camera
 * @param {Surroundings['side']} side
 */
function ownKey(trouble, camera, side) {
  if (trouble === 'device') return side === 'customer' ? 'own_phone' : 'own_device';
  if (trouble !== 'network') return null;
  return camera === 'on' ? 'own_smaller' : 'own_paused';
}

/** @param {ParticipantView} someone */
function othersKey({ trouble = 'none', camera, shows = 'camera' }) {
  if (trouble === 'network') return camera === 'on' ? 'smaller' : 'paused';
  if (trouble === 'device') return 'device';
  return shows === 'camera' || camera !== 'on' ? null : shows;
}
