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
 * @import { Veil } from './veil.js'
 *
 * @typedef {object} MeshEvents
 * @property {{ id: string, stream: MediaStream | null }} remote
 * @property {{ id: string, state: RTCPeerConnectionState | null }} link
 * @property {{ id: string }} stalled Nothing comes from there any more.
 * @property {{ id: string, channels: PeerChannels | null }} channels Of a live path only; null when it is none.
 *
 * @typedef {{ peer: Peer, level: Level, channels: PeerChannels | null, veil: Veil | null }} Entry
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
  #makeVeil;
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
   * @param {() => Veil | null} [options.veil] Over one's own camera: what flows over a warm path; nothing flows
   *   without it.
   */
  constructor({ send, now, connect, veil = () => null }) {
    super();
    this.#send = send;
    this.#now = now;
    this.#connect = connect;
    this.#makeVeil = veil;
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
    await Promise.all([...this.#peers.values()].map((entry) => this.#fill(entry)));
  }

  /** @returns {Map<string, Peer>} The paths in use. */
  get live() {
    const live = [...this.#peers].filter(([, { level }]) => level === 'live');
    return new Map(live.map(([id, { peer }]) => [id, peer]));
  }

  close() {
    for (const id of [...this.#peers.keys()]) this.#drop(id);
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
    const entry = { peer, level: 'ready', channels: null, veil: null };
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
    if (!raised) return;
    // A sender that is closing refuses a track; its connection is replaced anyway.
    this.#fill(entry).catch(() => undefined);
    if (level === 'live' && entry.channels) this.emit('channels', { id, channels: entry.channels });
  }

  /**
   * Send what the level of the path allows.
   *
   * @param {Entry} entry
   */
  async #fill(entry) {
    if (entry.level === 'warm') await this.#cover(entry);
    else if (entry.level === 'live') await this.#uncover(entry);
  }

  /**
   * Nobody is heard or seen over a warm path.
   *
   * @param {Entry} entry
   */
  async #cover(entry) {
    if (entry.veil?.track.readyState === 'live') return; // over the camera that is open
    entry.veil = this.#makeVeil();
    await entry.peer.replaceTracks({ audio: null, video: entry.veil?.track ?? null });
  }

  /**
   * A veil that is lifted is what they see from now on, until something else is to be seen: to give the sender
   * the camera itself would have it begin anew.
   *
   * @param {Entry} entry
   */
  async #uncover(entry) {
    const { peer, veil } = entry;
    if (veil?.lift(this.#tracks.video)) return peer.replaceTracks({ ...this.#tracks, video: veil.track });
    entry.veil = null;
    await peer.replaceTracks(this.#tracks).finally(() => veil?.stop());
    return undefined;
  }

  /** @param {string} id */
  #drop(id) {
    const entry = this.#peers.get(id);
    entry?.peer.close();
    entry?.veil?.stop();
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
