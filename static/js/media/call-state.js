/**
 * What a page shows of a call, and how each event changes it. Pure: no I/O, every state a new object.
 *
 * @import {
 *   Bye, ChatLine, MediaChoice, ParticipantView, RoomView, Stage, Trouble, Welcome
 * } from '../signaling/messages.js'
 * @import { ConnectionStatus } from '../signaling/client.js'
 * @import { LocalMedia } from './local-media.js'
 * @import { Instead } from './sending.js'
 *
 * @typedef {'connecting' | 'asking' | 'watching' | 'waiting' | 'preparing' | 'in_call' | 'held' | 'left' | 'ended'
 *   | 'stopped'} Phase
 *   Where this person stands. 'watching': outside the call, which a host begins or joins when they like; they stand
 *   'in_call' from then on, also alone. 'asking': the call runs on another device of theirs, which is asked whether
 *   it may go on here. The last three are final, and media is closed then. 'stopped': the server closed for the
 *   reason in `bye`.
 *
 * @typedef {object} CallState
 * @property {Phase} phase
 * @property {Bye | null} bye What the server said last when it closed for good.
 * @property {ParticipantView | null} self Null before the first welcome.
 * @property {readonly ParticipantView[]} participants The others, as far as this person may see them.
 * @property {boolean} locked Whether nobody new may come in.
 * @property {string | null} pinned Whom everybody is to see large; a participant id, one's own too.
 * @property {ReadonlyMap<string, MediaStream>} remote The others' media by participant id.
 * @property {ReadonlyMap<string, RTCPeerConnectionState>} links How the path to each of them is.
 * @property {readonly ChatLine[]} chat In order, each line once.
 * @property {'good' | 'reconnecting'} connection Of the line to the server and of the media paths.
 * @property {ConnectionStatus} signaling The line to the server alone.
 * @property {LocalMedia | null} localMedia
 * @property {MediaChoice} mic
 * @property {MediaChoice} camera
 * @property {Instead | null} instead What the others see in the camera's place.
 * @property {Trouble} trouble What holds one's own picture back.
 * @property {number} serverOffsetMs Add it to Date.now() for the server's time.
 *
 * @typedef {{ type: 'welcome', welcome: Welcome, now: number }
 *   | { type: 'standBy' }
 *   | { type: 'room', room: RoomView }
 *   | { type: 'chat', line: ChatLine }
 *   | { type: 'bye', bye: Bye }
 *   | { type: 'closed' }
 *   | { type: 'left' }
 *   | { type: 'signaling', status: ConnectionStatus }
 *   | { type: 'remote', id: string, stream: MediaStream | null }
 *   | { type: 'link', id: string, state: RTCPeerConnectionState | null }
 *   | { type: 'media', media: LocalMedia | null, instead: Instead | null, trouble: Trouble }} CallEvent
 *
 * @typedef {'ready' | 'warm' | 'live'} Level How far the path to somebody may be: made ahead on this side
 *   alone; connected, but carrying nothing; in use.
 */

/** @type {Record<Stage, Phase>} */
const PHASE_OF = {
  watching: 'watching',
  waiting: 'waiting',
  preparing: 'preparing',
  admitted: 'in_call',
  held: 'held',
  left: 'left',
};

/** @type {ReadonlySet<Phase>} */
const FINAL = new Set(/** @type {const} */ (['left', 'ended', 'stopped']));

/** @type {ReadonlySet<RTCPeerConnectionState>} */
const BROKEN = new Set(/** @type {const} */ (['disconnected', 'failed']));

/** Paths made ahead to those who watch: as many as could be in the call, however many have the page open. */
const AHEAD_AT_MOST = 3;

/** @type {CallState} */
export const INITIAL = {
  phase: 'connecting',
  bye: null,
  self: null,
  participants: [],
  locked: false,
  pinned: null,
  remote: new Map(),
  links: new Map(),
  chat: [],
  connection: 'good',
  signaling: 'connecting',
  localMedia: null,
  mic: 'none',
  camera: 'none',
  instead: null,
  trouble: 'none',
  serverOffsetMs: 0,
};

/** @param {Phase} phase */
export function isFinal(phase) {
  return FINAL.has(phase);
}

/**
 * @param {CallState} state
 * @param {CallEvent} event
 * @returns {CallState}
 */
export function reduce(state, event) {
  return withConnection(change(state, event));
}

/**
 * @param {CallState} state
 * @param {CallEvent} event
 * @returns {CallState}
 */
function change(state, event) {
  switch (event.type) {
    case 'welcome': {
      const { welcome, now } = event;
      const chat = welcome.chat.reduce(withLine, state.chat);
      const serverOffsetMs = welcome.serverTime - now;
      return withRoom({ ...state, chat, serverOffsetMs }, welcome.room, welcome.self);
    }
    case 'standBy':
      return isFinal(state.phase) ? state : { ...state, phase: 'asking' };
    case 'room':
      return state.self ? withRoom(state, event.room, state.self.id) : state;
    case 'chat':
      return { ...state, chat: withLine(state.chat, event.line) };
    case 'bye':
      return withBye(state, event.bye);
    case 'closed':
      return isFinal(state.phase) ? state : { ...state, phase: 'stopped' };
    case 'left':
      return isFinal(state.phase) ? state : { ...state, phase: 'left' };
    case 'signaling':
      return { ...state, signaling: event.status };
    case 'remote':
      return { ...state, remote: withEntry(state.remote, event.id, event.stream) };
    case 'link':
      return { ...state, links: withEntry(state.links, event.id, event.state) };
    case 'media': {
      const { media, instead, trouble } = event;
      const mic = media?.microphone ?? 'none';
      return { ...state, localMedia: media, mic, camera: media?.camera ?? 'none', instead, trouble };
    }
  }
}

/**
 * Decide to whom a media path may be: live when both are admitted, warm when the one was called and the
 * other is in the call, made ahead while one waits for the other, also for one who only watches so far. Between two
 * who both wait or both watch there is none, and none to a call that goes on without whoever watches it.
 *
 * @param {ParticipantView | null} self
 * @param {readonly ParticipantView[]} others
 * @returns {Map<string, Level>}
 */
export function mediaPlan(self, others) {
  /** @type {Map<string, Level>} */
  const plan = new Map();
  if (!self || self.stage === 'left') return plan;
  let ahead = 0;
  for (const other of others) {
    if (other.stage === 'left') continue;
    if (self.stage === 'watching' || other.stage === 'watching') {
      if (other.online && isMet(self, other) && ++ahead <= AHEAD_AT_MOST) plan.set(other.id, 'ready');
      continue;
    }
    /** @type {ParticipantView[]} */
    const outside = [self, other].filter(({ stage }) => stage !== 'admitted');
    const [one, another] = outside;
    if (!one) plan.set(other.id, 'live');
    else if (!another && (other.online || one === self)) {
      plan.set(other.id, one.stage === 'preparing' ? 'warm' : 'ready');
    }
  }
  return plan;
}

/**
 * Whether one of the two waits for the other, who only watches so far.
 *
 * @param {ParticipantView} self
 * @param {ParticipantView} other
 */
function isMet(self, other) {
  const { stage } = self.stage === 'watching' ? other : self;
  return stage === 'waiting' || stage === 'preparing';
}

/**
 * Whether this person is the one to offer, and the impolite one: the host, or of two equals the lower id.
 *
 * @param {ParticipantView} self
 * @param {ParticipantView} other
 */
export function offersTo(self, other) {
  return self.host === other.host ? self.id < other.id : self.host;
}

/**
 * @param {CallState} state
 * @param {RoomView} room
 * @param {string} selfId
 * @returns {CallState}
 */
function withRoom(state, room, selfId) {
  if (isFinal(state.phase)) return state;
  const self = room.participants.find((each) => each.id === selfId) ?? null;
  const participants = room.participants.filter((each) => each.id !== selfId);
  const phase = room.ended ? 'ended' : self ? PHASE_OF[self.stage] : 'left';
  const { locked = false, pinned = null } = room;
  return { ...state, phase, self: self ?? state.self, participants, locked, pinned };
}

/**
 * @param {CallState} state
 * @param {Bye} bye
 * @returns {CallState}
 */
function withBye(state, bye) {
  if (bye.action === 'resume' || isFinal(state.phase)) return state;
  const phase = bye.reason === 'ended' || bye.reason === 'left' ? bye.reason : 'stopped';
  return { ...state, bye, phase };
}

/**
 * @param {CallState} state
 * @returns {CallState}
 */
function withConnection(state) {
  const { self, participants, links } = state;
  const plan = mediaPlan(self, participants);
  const broken = [...links].some(([id, link]) => BROKEN.has(link) && plan.get(id) === 'live');
  const lost = state.signaling === 'reconnecting' || broken;
  const connection = lost && !isFinal(state.phase) ? 'reconnecting' : 'good';
  return connection === state.connection ? state : { ...state, connection };
}

/**
 * @param {readonly ChatLine[]} lines
 * @param {ChatLine} line
 * @returns {readonly ChatLine[]}
 */
function withLine(lines, line) {
  if (lines.some((known) => known.id === line.id && known.sender === line.sender)) return lines;
  // By time, since a seq of an earlier epoch says nothing about one of a later.
  return [...lines, line].sort((a, b) => a.at - b.at || a.seq - b.seq);
}

/**
 * @template Value
 * @param {ReadonlyMap<string, Value>} map
 * @param {string} id
 * @param {Value | null} value
 */
function withEntry(map, id, value) {
  const next = new Map(map);
  if (value === null) next.delete(id);
  else next.set(id, value);
  return next;
}
