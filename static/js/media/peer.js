/**
 * The media path to one other participant, over all the RTCPeerConnections it may take.
 *
 * Each connection is a *generation*: its number, `pc`, goes with every message, a higher one replaces a lower one on
 * both sides, and messages of lower ones are ignored. When to restart one or begin the next, `mending.js` decides.
 */
import { TypedEvents } from '../lib/typed-events.js';
import { HELD, isBroken, mend } from './mending.js';
import { Negotiation, NO_LIMITS } from './negotiation.js';
import { PathWatch } from './path-watch.js';

/**
 * @import { Answer, AnswerFrom, Candidate, CandidateFrom, Offer, OfferFrom } from '../signaling/messages.js'
 * @import { Tracks } from './local-media.js'
 * @import { Mending, MendingEvent } from './mending.js'
 * @import { Description, Found, Limits } from './negotiation.js'
 * @import { PeerChannels } from './peer-channel.js'
 *
 * @typedef {Offer | Answer | Candidate} Outgoing
 * @typedef {OfferFrom | AnswerFrom | CandidateFrom} Incoming
 *
 * @typedef {(configuration: RTCConfiguration, moved?: boolean) => RTCPeerConnection} Connect `moved`: this side
 *   has just come from another network, and its browser may not have noticed.
 *
 * @typedef {object} PeerEvents
 * @property {{ stream: MediaStream }} track The other side's picture and sound; a new stream a generation.
 * @property {{ state: RTCPeerConnectionState }} connectionstate
 * @property {null} stalled Nothing comes any more; the browser may say so much later.
 * @property {{ channels: PeerChannels | null }} channels Null when they closed or the generation was replaced.
 */

const HELD_BACK_LIMIT = 200;

/** @extends {TypedEvents<PeerEvents>} */
export class Peer extends TypedEvents {
  #options;
  #configuration;
  #tracks;
  /** @type {Negotiation | null} Null once this is closed. */
  #negotiation = null;
  #pc = -1;
  #limits = NO_LIMITS;
  /** @type {Outgoing[]} */
  #heldBack = [];
  /** @type {Promise<void>} */
  #chain = Promise.resolve();
  /** @type {Mending} */
  #mending = HELD;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #mendTimer;
  /** @type {PathWatch | null} */
  #path = null;
  #silent = false;

  /**
   * @param {object} options
   * @param {string} options.id The other participant.
   * @param {boolean} options.polite
   * @param {RTCConfiguration} options.configuration
   * @param {Tracks} options.tracks
   * @param {(message: Outgoing) => void} options.send
   * @param {() => number} options.nextPc A number above every generation of before.
   * @param {Connect | undefined} [options.connect]
   */
  constructor(options) {
    super();
    this.#options = options;
    this.#configuration = options.configuration;
    this.#tracks = options.tracks;
    // Made ahead: certificate and sockets are ready when the first offer comes or is asked for.
    this.#open(-1);
  }

  /** The generation, or -1 before the first description. */
  get pc() {
    return this.#pc;
  }

  /** @returns {RTCPeerConnectionState} `disconnected` also when nothing comes and the browser has yet to say so. */
  get connectionState() {
    const state = this.#negotiation?.connection.connectionState ?? 'closed';
    return state === 'connected' && this.#silent ? 'disconnected' : state;
  }

  /** Whether the path is there and, as far as this side can tell, carries something. */
  get flows() {
    return this.connectionState === 'connected' && !isBroken(this.#mending);
  }

  /**
   * Make an offer in a new generation; it is held back until `goLive()`.
   *
   * @param {boolean} [moved] See `Connect`.
   */
  offer(moved) {
    if (!this.#negotiation) return;
    this.#open(this.#options.nextPc(), moved);
    this.#negotiation.begin();
  }

  /** From now on both sides may negotiate: send what was held back and mend what breaks. */
  goLive() {
    if (this.#mend('live')) for (const message of this.#heldBack.splice(0)) this.#options.send(message);
  }

  /**
   * Take the other side's message. Messages are handled one after the other, in the order of the calls.
   *
   * @param {Incoming} message
   */
  receive(message) {
    this.#chain = this.#chain.then(() => this.#handle(message)).catch(() => void this.#mend('refused'));
  }

  /** @param {Tracks} tracks To be sent from now on, without a new negotiation. */
  async replaceTracks(tracks) {
    this.#tracks = tracks;
    await this.#negotiation?.replaceTracks(tracks);
  }

  /** @param {Limits} limits No better picture goes over the path from now on, whatever connection it takes. */
  async limit(limits) {
    this.#limits = limits;
    await this.#negotiation?.limit(limits);
  }

  /** @returns {Promise<RTCStatsReport | null>} Null while it is not connected. */
  async stats() {
    const connection = this.#negotiation?.connection;
    return connection?.connectionState === 'connected' ? connection.getStats() : null;
  }

  /** How loud the other side is right now, from 0 to 1: what the receiver notes of each packet, no extra work. */
  get loudness() {
    const receivers = this.#negotiation?.connection.getReceivers() ?? [];
    const heard = receivers.find(({ track }) => track.kind === 'audio');
    return heard?.getSynchronizationSources?.()[0]?.audioLevel ?? 0;
  }

  /** The line to the server was lost as well and is back: this side must have moved, so it begins anew. */
  comeBack() {
    this.#mend('cameBack');
  }

  /** The other side does not know this generation or a newer one exists: begin a new one. */
  renew() {
    this.#mend('renew');
  }

  /** @param {RTCConfiguration} configuration What is connected stays as it is; its next ICE restart uses this. */
  configure(configuration) {
    this.#configuration = configuration;
    // Not in every browser: there the next generation uses them.
    this.#negotiation?.connection.setConfiguration?.(configuration);
  }

  close() {
    clearTimeout(this.#mendTimer);
    this.#path?.close();
    this.#negotiation?.close();
    this.#negotiation = null;
  }

  /** @param {Incoming} message */
  async #handle(message) {
    if (!this.#negotiation || message.pc < this.#pc) return;
    if (message.pc > this.#pc) {
      if (message.type !== 'offerFrom') return; // its offer is still to come, or was ours and is gone
      this.#open(message.pc);
    } else if (message.type === 'offerFrom' && this.#options.polite && this.#negotiation.isFirstOfferOpen) {
      // Giving way by rollback would leave this offer's transceivers behind, and both sides would go on
      // negotiating about them (Chromium: for ever). A connection that has said nothing yet gives way whole.
      this.#open(message.pc);
    }
    await this.#negotiation.receive(message);
  }

  /**
   * Begin a generation; the first has the connection made ahead.
   *
   * @param {number} pc
   * @param {boolean} [moved]
   */
  #open(pc, moved) {
    const hasOne = this.#negotiation && this.#pc < 0;
    this.#pc = pc;
    if (hasOne) return;
    this.#path?.close();
    this.#negotiation?.close();
    this.emit('channels', { channels: null });
    this.#heldBack = [];
    const { polite, connect = (c) => new RTCPeerConnection(c) } = this.#options;
    const connection = connect(this.#configuration, moved);
    const negotiation = new Negotiation({ connection, polite, tracks: this.#tracks, limits: this.#limits });
    this.#negotiation = negotiation;
    // Work of a generation that was replaced meanwhile is dropped.
    negotiation.on('message', (message) => negotiation === this.#negotiation && this.#post(message));
    negotiation.on('track', (both) => this.emit('track', both));
    negotiation.on('connectionstate', (state) => this.#watch(state));
    negotiation.on('channels', (channels) => this.emit('channels', { channels }));
    negotiation.on('failed', () => this.#mend('refused'));
    this.#path = new PathWatch(connection);
    this.#path.on('stalled', () => this.#mend('stalled') && this.emit('stalled', null));
    this.#path.on('silent', () => this.#hear(false));
    this.#path.on('flowing', () => this.#flowing());
  }

  /** @param {RTCPeerConnectionState} state */
  #watch(state) {
    if (!this.#negotiation) return;
    if (state === 'connected') this.#flowing();
    this.emit('connectionstate', { state });
    if (state === 'disconnected' || state === 'failed') this.#mend(state);
  }

  #flowing() {
    this.#mend('flowing');
    this.#hear(true);
  }

  /** @param {boolean} something Whether anything comes, as people would notice. */
  #hear(something) {
    if (this.#silent === !something) return;
    this.#silent = !something;
    this.emit('connectionstate', { state: this.connectionState });
  }

  /**
   * Whether there was anything to do. The time comes first: a browser may refuse to make one more connection.
   *
   * @param {MendingEvent} event
   */
  #mend(event) {
    const step = this.#negotiation && mend(this.#mending, event, this.#options.polite);
    if (!step) return false;
    this.#mending = step;
    clearTimeout(this.#mendTimer);
    if (step.waitMs !== null) this.#mendTimer = setTimeout(() => this.#mend('due'), step.waitMs);
    if (step.act === 'restart') this.#negotiation?.connection.restartIce();
    else if (step.act) this.offer(step.act === 'move');
    return true;
  }

  /** @param {Description | Found} told */
  #post(told) {
    const message = { ...told, to: this.#options.id, pc: this.#pc };
    if (this.#mending.state !== 'held') this.#options.send(message);
    else if (this.#heldBack.length < HELD_BACK_LIMIT) this.#heldBack.push(message);
  }
}
