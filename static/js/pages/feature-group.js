/**
 * The third and fourth person: their tiles beside the main one, who speaks, and who is seen large.
 *
 * @import { Call } from '../media/call.js'
 * @import { CallState } from '../media/call-state.js'
 * @import { ParticipantView } from '../signaling/messages.js'
 * @import { Surroundings } from './call-features.js'
 */
import { VapVideoTile } from '../elements/video-tile.js';
import { byId, one, setText } from '../lib/dom.js';
import { lateStyle } from '../lib/late-style.js';
import { nameOf } from '../lib/names.js';
import { isolated, text } from '../lib/page-data.js';
import { groupView, partKey } from './group-view.js';
import { officialIn } from './room-view.js';
import { Speaking } from './speaking.js';
import { showSomeone } from './tile-view.js';

const LISTEN_EVERY_MS = 250;

/**
 * @param {Call} call
 * @param {Surroundings} surroundings
 */
export function start(call, { side, signal }) {
  const group = byId('group', HTMLElement);
  const main = one(group, '[data-main]', VapVideoTile);
  const cell = main.parentElement === group ? main : one(group, '.group__main', HTMLElement);
  const own = one(group, '[self]', VapVideoTile);
  const announced = byId('group-said', HTMLElement);
  /** @type {Map<string, VapVideoTile>} */
  const tiles = new Map();
  const speaking = new Speaking();
  const ownName = own.getAttribute('name');
  let known = new Map();
  const mainId = () => (side === 'agent' ? main.dataset['main'] : officialIn(call.state)?.id) ?? null;

  /** @param {CallState} state */
  const show = (state) => {
    const view = groupView(state, mainId(), !own.hidden);
    if (view.tiles > 0) lateStyle(group);
    group.parentElement?.toggleAttribute('data-group', view.tiles > 0);
    // Among others one's own tile needs a name as well.
    if (view.tiles > 0) own.setAttribute('name', text('say.guests.you'));
    else if (ownName === null) own.removeAttribute('name');
    group.dataset['tiles'] = String(view.tiles);
    group.toggleAttribute('data-large', view.large !== null);
    const here = new Map(view.others.map((each) => [each.id, each]));
    for (const [id, tile] of tiles) {
      if (here.has(id)) continue;
      tile.remove();
      tiles.delete(id);
    }
    for (const someone of view.others) {
      const tile = tiles.get(someone.id) ?? add(someone);
      const held = someone.stage === 'held';
      showSomeone(tile, someone);
      tile.setAttribute('status', held ? text('say.guests.on_hold') : '');
      tile.stream = held ? null : state.remote.get(someone.id) ?? null;
      describe(tile, someone);
      tile.toggleAttribute('data-big', view.large === someone.id);
    }
    cell.toggleAttribute('data-big', view.large !== null && view.large === mainId());
    main.setAttribute('aria-label', main.getAttribute('name') ?? '');
    tellChanges(here);
  };

  /** @param {ParticipantView} someone */
  const add = (someone) => {
    const tile = new VapVideoTile();
    tile.className = 'group__tile';
    tile.dataset['participant'] = someone.id;
    tile.dataset['testid'] = 'group-tile';
    tile.setAttribute('label-microphone-off', text('say.guests.muted'));
    tile.setAttribute('label-play', text('say.guests.play'));
    const frozen = main.getAttribute('label-frozen');
    if (frozen !== null) tile.setAttribute('label-frozen', frozen);
    tile.setAttribute('role', 'group');
    tiles.set(someone.id, tile);
    group.insertBefore(tile, own);
    return tile;
  };

  /** @param {ReadonlyMap<string, ParticipantView>} here */
  const tellChanges = (here) => {
    const came = [...here.values()].filter(({ id }) => !known.has(id)).map((each) => say('came', nameOf(each)));
    const went = [...known].filter(([id]) => !here.has(id)).map(([, name]) => say('went', name));
    known = new Map([...here.values()].map((each) => [each.id, nameOf(each)]));
    if (came.length + went.length > 0) setText(announced, [...came, ...went].join(' '));
  };

  const timer = setInterval(() => {
    if (tiles.size === 0) return;
    const loud = speaking.hear(call.loudness(), performance.now());
    for (const [id, tile] of tiles) tile.toggleAttribute('data-speaks', loud.has(id));
    main.toggleAttribute('data-speaks', loud.has(mainId() ?? ''));
  }, LISTEN_EVERY_MS);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  main.setAttribute('role', 'group');
  return show;
}

/**
 * @param {VapVideoTile} tile
 * @param {ParticipantView} someone
 */
function describe(tile, someone) {
  const part = partKey(someone);
  const name = nameOf(someone);
  const who = part ? text('say.guests.named', { name: isolated(name), part: text(part) }) : name;
  tile.setAttribute('name', who);
  tile.setAttribute('aria-label', who);
}

/**
 * @param {string} key
 * @param {string} name
 */
function say(key, name) {
  return text(`say.guests.${key}`, { name: isolated(name) });
}
