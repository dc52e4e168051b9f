/**
 * One RTCPeerConnection: the pattern of W3C webrtc-pc, 10.7 "Perfect negotiation example", to the letter.
 *
 * Whoever offers first creates two transceivers, sound then picture, both ways. Tracks are only ever
 * put in by replaceTrack, so switching a camera or a person without one never negotiates again.
 */
import { TypedEvents } from '../lib/typed-events.js';
import { speech } from './opus.js';
import { carriesChannels, makeChannels } from './peer-channel.js';

/**
 * @import { CandidateFrom } from '../signaling/messages.js'
 * @import { Tracks } from './local-media.js'
 * @import { Incoming } from './peer.js'
 * @import { PeerChannels } from './peer-channel.js'
 *
 * @typedef {{ type: 'offer' | 'answer', sdp: string }} Description
 * @typedef {{ type: 'candidate' } & Required<RTCIceCandidateInit>} Found An empty `candidate` ends them.
 *
 * @typedef {object} Limits Of the picture that is sent.
 * @property {boolean} picture Whether any is.
 * @property {number} scale How much smaller it is than the camera's, in each direction.
 * @property {number} framesPerSecond
 * @property {number} bitsPerSecond
 *
 * @typedef {object} NegotiationEvents
 * @property {Description | Found} message To be sent to the other side.
 * @property {{ stream: MediaStream }} track The other side's picture and sound, as far as they have come.
 * @property {RTCPeerConnectionState} connectionstate
 * @property {PeerChannels | null} channels Open on both sides; null when they have closed.
 * @property {unknown} failed The browser refused a description; this connection can't be saved.
 */

const KINDS = /** @type {const} */ (['audio', 'video']);

/**
 * Sound is modest by itself; a picture would take whatever the line gives.
 *
 * @type {Limits}
 */
export const NO_LIMITS = { picture: true, scale: 1, framesPerSecond: 30, bitsPerSecond: 1_500_000 };

/** @extends {TypedEvents<NegotiationEvents>} */
export class Negotiation extends TypedEvents {
  #polite;
  #tracks;
  #limits;
  #makingOffer = false;
  #ignoreOffer = false;
  #isSettingRemoteAnswerPending = false;
  #hasChannels = false;
  /** @type {() => void} */
  #tellClosed = () => undefined;
  /** @type {Promise<void>} */
  #closed = new Promise((resolve) => {
    this.#tellClosed = resolve;
  });
  // One stream for both tracks, so that the receiver keeps sound and picture in step.
  #stream = new MediaStream();
  #remote = new MediaStream();

  /**
   * @param {object} options
   * @param {RTCPeerConnection} options.connection
   * @param {boolean} options.polite
   * @param {Tracks} options.tracks
   * @param {Limits} [options.limits]
   */
  constructor({ connection, polite, tracks, limits = NO_LIMITS }) {
    super();
    this.connection = connection;
    this.#polite = polite;
    this.#tracks = tracks;
    this.#limits = limits;
    connection.addEventListener('negotiationneeded', () => this.#negotiate());
    connection.addEventListener('icecandidate', ({ candidate }) => this.emit('message', found(candidate)));
    connection.addEventListener('track', ({ track }) => {
      this.#remote.addTrack(track);
      this.emit('track', { stream: this.#remote });
    });
    connection.addEventListener('connectionstatechange', () =>
      this.emit('connectionstate', connection.connectionState),
    );
  }

  /** Be the first to offer: creating the transceivers makes the browser ask for negotiation. */
  begin() {
    if (this.connection.getTransceivers().length) return;
    for (const kind of KINDS) {
      this.connection.addTransceiver(this.#tracks[kind] ?? kind, {
        direction: 'sendrecv',
        streams: [this.#stream],
        sendEncodings: kind === 'video' ? [encoding(this.#limits)] : [{}],
      });
    }
    this.#makeChannels();
  }

  /** Whether an offer of one's own, the first of this connection, has not been answered yet. */
  get isFirstOfferOpen() {
    return this.connection.getTransceivers().length > 0 && !this.connection.remoteDescription;
  }

  /** @param {Tracks} tracks */
  async replaceTracks(tracks) {
    this.#tracks = tracks;
    const changes = this.connection.getTransceivers().map(({ sender, receiver }) => {
      const track = receiver.track.kind === 'audio' ? tracks.audio : tracks.video;
      return sender.track === track ? undefined : sender.replaceTrack(track);
    });
    await Promise.all(changes);
  }

  /** @param {Limits} limits */
  async limit(limits) {
    this.#limits = limits;
    await Promise.all(this.connection.getTransceivers().map((transceiver) => this.#applyLimits(transceiver)));
  }

  /**
   * Handle the other side's message. Never call it again before it has resolved: once this is closed, at the
   * latest. What a connection was asked and had not answered by then it never answers (W3C WebRTC 4.4.1.2: steps
   * end without settling their promise once [[IsClosed]] is true).
   *
   * @param {Incoming} message
   * @throws {Error} The browser refuses it; this connection can't be saved.
   */
  async receive(message) {
    const taken =
      message.type === 'candidateFrom'
        ? this.#receiveCandidate(message)
        : this.#receiveDescription({ type: message.type === 'offerFrom' ? 'offer' : 'answer', sdp: message.sdp });
    await Promise.race([this.#closed, taken]);
  }

  /** @param {Description} description */
  async #receiveDescription(description) {
    const { connection } = this;
    const readyForOffer =
      !this.#makingOffer &&
      (connection.signalingState === 'stable' || this.#isSettingRemoteAnswerPending);
    const offerCollision = description.type === 'offer' && !readyForOffer;
    this.#ignoreOffer = !this.#polite && offerCollision;
    if (this.#ignoreOffer) return;
    // Not in the W3C text: after a resume an answer may come twice.
    if (description.type === 'answer' && connection.signalingState !== 'have-local-offer') return;

    this.#isSettingRemoteAnswerPending = description.type === 'answer';
    try {
      await connection.setRemoteDescription(description);
    } finally {
      this.#isSettingRemoteAnswerPending = false;
    }
    if (description.type === 'offer') {
      const filled = this.#openTransceivers();
      // Not before the offer: a browser negotiates by itself as soon as a channel is made.
      if (carriesChannels(description.sdp)) this.#makeChannels();
      await connection.setLocalDescription();
      this.#describe();
      // Not before the answer, which each of these would hold up.
      for (const transceiver of filled) void this.#applyLimits(transceiver);
      this.replaceTracks(this.#tracks).catch(() => undefined);
    }
  }

  /** @param {CandidateFrom} message As RTCIceCandidateInit has it, and more, which browsers leave alone. */
  async #receiveCandidate(message) {
    try {
      await this.connection.addIceCandidate(message.candidate ? message : undefined);
    } catch (error) {
      if (!this.#ignoreOffer) throw error;
    }
  }

  close() {
    this.connection.close();
    this.#tellClosed();
  }

  async #negotiate() {
    try {
      this.#makingOffer = true;
      await this.connection.setLocalDescription();
      this.#describe();
    } catch (error) {
      if (this.connection.signalingState !== 'closed') this.emit('failed', error);
    } finally {
      this.#makingOffer = false;
    }
  }

  #makeChannels() {
    if (this.#hasChannels) return;
    this.#hasChannels = true;
    makeChannels(this.connection, (channels) => this.emit('channels', channels));
  }

  #describe() {
    const { localDescription } = this.connection;
    if (localDescription?.type === 'offer' || localDescription?.type === 'answer') {
      this.emit('message', { type: localDescription.type, sdp: speech(localDescription.sdp) });
    }
  }

  /**
   * The offerer's transceivers are the only ones: answer in both directions on each.
   *
   * @returns {RTCRtpTransceiver[]} Those that were not in both directions yet.
   */
  #openTransceivers() {
    const opened = this.connection.getTransceivers().filter(({ direction }) => direction !== 'sendrecv');
    for (const transceiver of opened) {
      transceiver.direction = 'sendrecv';
      transceiver.sender.setStreams?.(this.#stream);
    }
    return opened;
  }

  /**
   * Only limits: a browser that can't set them just sends as it would.
   *
   * @param {RTCRtpTransceiver} transceiver
   */
  async #applyLimits({ sender, receiver }) {
    if (receiver.track.kind !== 'video') return;
    const parameters = sender.getParameters();
    for (const each of parameters.encodings ?? []) Object.assign(each, encoding(this.#limits));
    await sender.setParameters(parameters).catch(() => undefined);
  }
}

/**
 * @param {RTCIceCandidate | null} candidate
 * @returns {Found}
 */
function found(candidate) {
  const { sdpMid = null, sdpMLineIndex = null, usernameFragment = null } = candidate ?? {};
  return { type: 'candidate', candidate: candidate?.candidate ?? '', sdpMid, sdpMLineIndex, usernameFragment };
}

/**
 * @param {Limits} limits
 * @returns {RTCRtpEncodingParameters}
 */
function encoding({ picture, scale, framesPerSecond, bitsPerSecond }) {
  return { active: picture, scaleResolutionDownBy: scale, maxFramerate: framesPerSecond, maxBitrate: bitsPerSecond };
}
