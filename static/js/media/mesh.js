/**
 * The media paths of one participant to all the others: which exist, and in which generation.
 */
import { TypedEvents } from '../lib/typed-events.js';
import { mediaPlan, offersTo } from './call-state.js';
import { Peer } from './peer.js';

/**
 * @import { IceServer, ParticipantView } from '../signaling/messages.js'
 * @import { Level } from './call-state.js'
 * @import { Tracks } from './local-media.js'
 * @import { Connect, Incoming, Outgoing } from './peer.js'
 * @import { PeerChannels } from './peer-channel.js'
 *
 * @typedef {object} MeshEvents
 * @property {{ id: string, stream: MediaStream | null }} remote
 * @property {{ id: string, state: RTCPeerConnectionState | null }} link
 * @property {{ id: string }} stalled Nothing comes from there any more.
 * @property {{ id: string, channels: PeerChannels | null }} channels Of a live path only; null when it is none.
 *
 * @typedef {{ peer: Peer, level: Level, channels: PeerChannels | null }} Entry
 *
 * @typedef {{ track: MediaStreamTrack, stop: () => void }} Black A picture that shows nothing.
 */

// Generations are quarter seconds of the server's clock, so that a page loaded again starts above the
// generation it left without being told; 31 bits of them last until 2042.
const GENERATION_MS = 250;
const GENERATION_ZERO = Date.UTC(2026, 0, 1);
const STALE_STEP = 240;

/** @type {Record<Level, number>} */
const RANK = { ready: 0, warm: 1, live: 2 };

/** @type {Tracks} */
const NOTHING = { audio: null, video: null };

/** @extends {TypedEvents<MeshEvents>} */
export class Mesh extends TypedEvents {
  #send;
  #now;
  #connect;
  #makeBlack;
  /** @type {Black | null} */
  #black = null;
  /** @type {Map<string, Entry>} */
  #peers = new Map();
  #tracks = NOTHING;
  /** @type {RTCConfiguration} */
  #configuration = {};
  /**
   * The highest generation of each pair. A pair's own: nobody who claims a very high one can keep two others
   * from beginning theirs.
   *
   * @type {Map<string, number>}
   */
  #lastPcs = new Map();

  /**
   * @param {object} options
   * @param {(message: Outgoing) => void} options.send
   * @param {() => number} options.now The server's time in milliseconds.
   * @param {Connect | undefined} [options.connect]
   * @param {(() => Black | null) | undefined} [options.black] What flows over a warm path, so that encoder and
   *   congestion control have begun when the real picture takes its place; nothing flows without it.
   */
  constructor({ send, now, connect, black = () => null }) {
    super();
    this.#send = send;
    this.#now = now;
    this.#connect = connect;
    this.#makeBlack = black;
  }

  /**
   * For connections made from now on, and for mending those there are.
   *
   * @param {readonly IceServer[]} iceServers
   * @param {boolean} [relayOnly] Whether media may go over them and no other way; as before, if it is not said.
   */
  configure(iceServers, relayOnly = this.#configuration.iceTransportPolicy === 'relay') {
    const servers = iceServers.map((server) => ({ ...server, urls: [...server.urls] }));
    const iceTransportPolicy = relayOnly ? 'relay' : 'all';
    this.#configuration = { iceServers: servers, iceTransportPolicy, bundlePolicy: 'max-bundle' };
    for (const { peer } of this.#peers.values()) peer.configure(this.#configuration);
  }

  /**
   * Make the paths as the room has them.
   *
   * @param {ParticipantView} self
   * @param {readonly ParticipantView[]} others
   * @param {{ fresh?: boolean, admitting?: ReadonlySet<string> }} [options] `fresh`: signals may have been
   *   missed, so this side begins anew where nothing flows; false: the line was away, but none were missed.
   *   `admitting`: the admit is on its way.
   */
  sync(self, others, { fresh, admitting = new Set() } = {}) {
    const plan = mediaPlan(self, others);
    for (const id of this.#peers.keys()) if (!plan.has(id)) this.#drop(id);
    for (const other of others) {
      const level = admitting.has(other.id) ? 'live' : plan.get(other.id);
      const existing = this.#peers.get(other.id);
      if (level === undefined) continue;
      // What was given to the other side can't be taken back, so a step down is a new beginning.
      if (existing && RANK[level] < RANK[existing.level]) this.#drop(other.id);
      const broken = existing?.level !== 'ready' && !existing?.peer.flows;
      const entry = this.#peers.get(other.id) ?? this.#add(self, other, fresh === true && level !== 'ready');
      if (fresh !== undefined && entry === existing && broken) {
        if (fresh) entry.peer.renew();
        else entry.peer.comeBack();
      }
      this.#raise(other.id, entry, level);
    }
    if ([...this.#peers.values()].every(({ level }) => level !== 'warm')) this.#stopBlack();
  }

  /** @param {Incoming} message */
  receive(message) {
    this.#goAbove(message.sender, message.pc);
    this.#peers.get(message.sender)?.peer.receive(message);
  }

  /**
   * The room knows a higher generation of this pair than `pc`: go above it.
   *
   * @param {string} id
   * @param {number} pc
   */
  stale(id, pc) {
    const peer = this.#peers.get(id)?.peer;
    if (peer?.pc !== pc) return;
    this.#goAbove(id, pc + STALE_STEP);
    peer.renew();
  }

  /**
   * Send these to everybody whom the path is live to, and to nobody else.
   *
   * @param {Tracks} tracks
   */
  async replaceTracks(tracks) {
    this.#tracks = tracks;
    await Promise.all([...this.live.values()].map((peer) => peer.replaceTracks(tracks)));
  }

  /** @returns {Map<string, Peer>} The paths in use. */
  get live() {
    const live = [...this.#peers].filter(([, { level }]) => level === 'live');
    return new Map(live.map(([id, { peer }]) => [id, peer]));
  }

  close() {
    for (const id of [...this.#peers.keys()]) this.#drop(id);
    this.#stopBlack();
  }

  /**
   * @param {ParticipantView} self
   * @param {ParticipantView} other
   * @param {boolean} begin
   */
  #add(self, other, begin) {
    const { id } = other;
    const offerer = offersTo(self, other);
    const peer = new Peer({
      id,
      polite: !offerer,
      configuration: this.#configuration,
      tracks: NOTHING,
      send: this.#send,
      nextPc: () => this.#nextPc(id),
      connect: this.#connect,
    });
    peer.on('track', ({ stream }) => this.emit('remote', { id, stream }));
    peer.on('connectionstate', ({ state }) => this.emit('link', { id, state }));
    peer.on('stalled', () => this.emit('stalled', { id }));
    /** @type {Entry} */
    const entry = { peer, level: 'ready', channels: null };
    peer.on('channels', ({ channels }) => {
      entry.channels = channels;
      if (entry.level === 'live') this.emit('channels', { id, channels });
    });
    this.#peers.set(id, entry);
    if (offerer || begin) peer.offer();
    return entry;
  }

  /**
   * @param {string} id
   * @param {Entry} entry
   * @param {Level} level
   */
  #raise(id, entry, level) {
    const raised = level !== entry.level;
    entry.level = level;
    if (level !== 'ready') entry.peer.goLive();
    if (level === 'ready' || !raised) return;
    const tracks = level === 'live' ? this.#tracks : this.#warmTracks();
    // A sender that is closing refuses a track; its connection is replaced anyway.
    entry.peer.replaceTracks(tracks).catch(() => undefined);
    if (level !== 'live') return;
    if (entry.channels) this.emit('channels', { id, channels: entry.channels });
  }

  /** @returns {Tracks} Nobody is heard or seen by these. */
  #warmTracks() {
    this.#black ??= this.#makeBlack();
    return { audio: null, video: this.#black?.track ?? null };
  }

  #stopBlack() {
    this.#black?.stop();
    this.#black = null;
  }

  /** @param {string} id */
  #drop(id) {
    this.#peers.get(id)?.peer.close();
    this.#peers.delete(id);
    this.emit('remote', { id, stream: null });
    this.emit('link', { id, state: null });
    this.emit('channels', { id, channels: null });
  }

  /**
   * @param {string} id
   * @param {number} pc
   */
  #goAbove(id, pc) {
    this.#lastPcs.set(id, Math.max(this.#lastPcs.get(id) ?? 0, pc));
  }

  /** @param {string} id */
  #nextPc(id) {
    const now = Math.max(0, Math.floor((this.#now() - GENERATION_ZERO) / GENERATION_MS));
    const next = Math.max(now, (this.#lastPcs.get(id) ?? 0) + 1);
    this.#lastPcs.set(id, next);
    return next;
  }
}
