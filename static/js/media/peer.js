/**
 * The media path to one other participant, over all the RTCPeerConnections it may take.
 *
 * Each connection is a *generation*: its number, `pc`, goes with every message, a higher one replaces a
 * lower one on both sides, and messages of lower ones are ignored. A path over which nothing comes any more
 * is mended by an ICE restart and, if that does not help, by a new generation.
 */
import { TypedEvents } from '../lib/typed-events.js';
import { Negotiation, NO_LIMITS } from './negotiation.js';
import { PathWatch } from './path-watch.js';

/**
 * @import { Answer, AnswerFrom, Candidate, CandidateFrom, Offer, OfferFrom } from '../signaling/messages.js'
 * @import { Tracks } from './local-media.js'
 * @import { Limits } from './negotiation.js'
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

const BROKEN_AFTER_MS = 500;
const RESTART_AFTER_MS = 3_000;
const RENEW_AFTER_MS = 10_000;
const RENEW_CAP_MS = 60_000;
const HELD_BACK_LIMIT = 200;

/** @extends {TypedEvents<PeerEvents>} */
export class Peer extends TypedEvents {
  #options;
  #configuration;
  #tracks;
  /** @type {Negotiation | null} */
  #negotiation = null;
  #pc = -1;
  #remote = new MediaStream();
  #live = false;
  #limits = NO_LIMITS;
  #closed = false;
  /** @type {Outgoing[]} */
  #heldBack = [];
  /** @type {Promise<void>} */
  #chain = Promise.resolve();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #mendTimer;
  #renewals = 0;
  /** @type {PathWatch | null} */
  #path = null;
  #silent = false;
  #broken = false;

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
    return this.connectionState === 'connected' && !this.#broken;
  }

  /** Make an offer (in a new generation, if there was one); it is held back until `goLive()`. */
  offer() {
    this.#offer();
  }

  /** @param {boolean} [moved] */
  #offer(moved) {
    if (this.#closed) return;
    if (this.#pc >= 0) this.#open(this.#options.nextPc(), moved);
    else this.#pc = this.#options.nextPc();
    this.#negotiation?.begin();
  }

  /** From now on both sides may negotiate: send what was held back and mend what breaks. */
  goLive() {
    if (this.#live || this.#closed) return;
    this.#live = true;
    for (const message of this.#heldBack.splice(0)) this.#options.send(message);
    this.#mendLater(this.#renewAfterMs(), () => this.#renew());
  }

  /**
   * Take the other side's message. Messages are handled one after the other, in the order of the calls.
   *
   * @param {Incoming} message
   */
  receive(message) {
    this.#chain = this.#chain.then(() => this.#handle(message)).catch(() => this.#refused());
  }

  /**
   * Send other tracks from now on, without a new negotiation.
   *
   * @param {Tracks} tracks
   */
  async replaceTracks(tracks) {
    this.#tracks = tracks;
    await this.#negotiation?.replaceTracks(tracks);
  }

  /**
   * Send no better picture than this over the path, whatever connection it takes.
   *
   * @param {Limits} limits
   */
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
    if (this.#broken) this.#renew(true);
  }

  /** The other side does not know this generation or a newer one exists: begin a new one. */
  renew() {
    this.#renew();
  }

  /**
   * Connect over these from now on. What is connected stays as it is; its next ICE restart uses them.
   *
   * @param {RTCConfiguration} configuration
   */
  configure(configuration) {
    this.#configuration = configuration;
    // Not in every browser: there the next generation uses them.
    this.#negotiation?.connection.setConfiguration?.(configuration);
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#mendTimer);
    this.#path?.close();
    this.#negotiation?.close();
    this.#negotiation = null;
  }

  /** @param {Incoming} message */
  async #handle(message) {
    if (this.#closed || message.pc < this.#pc) return;
    if (message.pc > this.#pc) {
      if (message.type !== 'offerFrom') return; // its offer is still to come, or was ours and is gone
      this.#adopt(message.pc);
    } else if (message.type === 'offerFrom' && this.#options.polite && this.#negotiation?.isFirstOfferOpen) {
      // Giving way by rollback would leave this offer's transceivers behind, and both sides would go on
      // negotiating about them (Chromium: for ever). A connection that has said nothing yet gives way whole.
      this.#open(message.pc);
    }
    const negotiation = this.#negotiation;
    // What its generation takes with it must not hold up the messages of the next one.
    if (negotiation) await Promise.race([negotiation.closed, pass(message, negotiation)]);
  }

  /** @param {number} pc */
  #adopt(pc) {
    if (this.#pc >= 0) this.#open(pc);
    else this.#pc = pc;
  }

  /**
   * @param {number} pc
   * @param {boolean} [moved]
   */
  #open(pc, moved) {
    this.#path?.close();
    this.#negotiation?.close();
    this.emit('channels', { channels: null });
    this.#pc = pc;
    this.#remote = new MediaStream();
    this.#heldBack = [];
    const { polite, connect = (c) => new RTCPeerConnection(c) } = this.#options;
    const negotiation = new Negotiation({
      connection: connect(this.#configuration, moved),
      polite,
      tracks: this.#tracks,
      limits: this.#limits,
    });
    this.#negotiation = negotiation;
    negotiation.on('description', ({ type, sdp }) =>
      this.#post(negotiation, { type, to: this.#options.id, pc: this.#pc, sdp }),
    );
    negotiation.on('candidate', (candidate) => this.#post(negotiation, this.#toMessage(candidate)));
    negotiation.on('track', (track) => this.#receiveTrack(track));
    negotiation.on('connectionstate', (state) => this.#watch(state));
    negotiation.on('channels', (channels) => this.emit('channels', { channels }));
    negotiation.on('failed', () => this.#refused());
    this.#path = new PathWatch(negotiation.connection);
    this.#path.on('stalled', () => this.#stalled());
    this.#path.on('silent', () => this.#hear(false));
    this.#path.on('flowing', () => this.#flowing());
  }

  /** @param {MediaStreamTrack} track */
  #receiveTrack(track) {
    this.#remote.addTrack(track);
    this.emit('track', { stream: this.#remote });
  }

  /** @param {RTCPeerConnectionState} state */
  #watch(state) {
    if (this.#closed) return;
    if (state === 'connected') this.#flowing();
    this.emit('connectionstate', { state });
    if (state === 'failed') this.#mend(0);
    else if (state === 'disconnected' && !this.#broken) this.#mend(RESTART_AFTER_MS);
  }

  #stalled() {
    if (this.#closed || !this.#live || this.#broken) return;
    this.emit('stalled', null);
    this.#mend(0);
  }

  #flowing() {
    this.#broken = false;
    this.#renewals = 0;
    clearTimeout(this.#mendTimer);
    this.#hear(true);
  }

  /** @param {boolean} something Whether anything comes, as people would notice. */
  #hear(something) {
    if (this.#silent === !something) return;
    this.#silent = !something;
    this.emit('connectionstate', { state: this.connectionState });
  }

  /**
   * Both sides see a path break at the same time, and an offer that gives way to another is rolled back, over
   * which Chromium loses the picture. So the polite side never restarts: it waits, then begins anew.
   *
   * @param {number} afterMs
   */
  #mend(afterMs) {
    this.#broken = true;
    if (this.#options.polite) this.#mendLater(RENEW_AFTER_MS, () => this.#renew());
    else if (afterMs) this.#mendLater(afterMs, () => this.#restartIce());
    else this.#restartIce();
  }

  #restartIce() {
    this.#negotiation?.connection.restartIce();
    this.#mendLater(this.#renewAfterMs(), () => this.#renew());
  }

  /** Not at once: a browser that refuses one description may refuse the next as well. */
  #refused() {
    this.#mendLater(BROKEN_AFTER_MS * 2 ** this.#renewals, () => this.#renew());
  }

  /** @param {boolean} [moved] */
  #renew(moved) {
    if (this.#closed) return;
    this.#renewals += 1;
    this.#offer(moved);
    this.#mendLater(this.#renewAfterMs(), () => this.#renew());
  }

  /** The polite side waits longer, so that the two do not replace each other's attempt for ever. */
  #renewAfterMs() {
    const patience = this.#options.polite ? 2 : 1;
    return patience * RENEW_AFTER_MS * 2 ** this.#renewals;
  }

  /**
   * @param {number} afterMs
   * @param {() => void} mend
   */
  #mendLater(afterMs, mend) {
    clearTimeout(this.#mendTimer);
    if (this.#live && !this.#closed) this.#mendTimer = setTimeout(mend, Math.min(afterMs, RENEW_CAP_MS));
  }

  /**
   * @param {RTCIceCandidate | null} candidate
   * @returns {Candidate}
   */
  #toMessage(candidate) {
    return {
      type: 'candidate',
      to: this.#options.id,
      pc: this.#pc,
      candidate: candidate?.candidate ?? '',
      sdpMid: candidate?.sdpMid ?? null,
      sdpMLineIndex: candidate?.sdpMLineIndex ?? null,
      usernameFragment: candidate?.usernameFragment ?? null,
    };
  }

  /**
   * @param {Negotiation} from Work of a generation that was replaced meanwhile is dropped.
   * @param {Outgoing} message
   */
  #post(from, message) {
    if (from !== this.#negotiation) return;
    if (this.#live) this.#options.send(message);
    else if (this.#heldBack.length < HELD_BACK_LIMIT) this.#heldBack.push(message);
  }
}

/**
 * @param {Incoming} message
 * @param {Negotiation} negotiation
 */
function pass(message, negotiation) {
  if (message.type === 'candidateFrom') {
    return negotiation.receiveCandidate({
      candidate: message.candidate,
      sdpMid: message.sdpMid ?? null,
      sdpMLineIndex: message.sdpMLineIndex ?? null,
      usernameFragment: message.usernameFragment ?? null,
    });
  }
  const type = message.type === 'offerFrom' ? 'offer' : 'answer';
  return negotiation.receiveDescription({ type, sdp: message.sdp });
}
