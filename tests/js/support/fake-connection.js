/**
 * The part of an RTCPeerConnection that negotiation is about (W3C webrtc-pc, 4.4 and 4.7), without media.
 *
 * Descriptions are small texts; what arrived is kept in `log`. `slow` lets a test decide when
 * setRemoteDescription goes on.
 */

/** What Node lacks of a browser. Put it on globalThis before importing modules that make streams. */
export class FakeMediaStream {
  #tracks = new Set();

  addTrack(track) {
    this.#tracks.add(track);
  }

  removeTrack(track) {
    this.#tracks.delete(track);
  }

  getTracks() {
    return [...this.#tracks];
  }

  getAudioTracks() {
    return this.getTracks().filter(({ kind }) => kind === 'audio');
  }

  getVideoTracks() {
    return this.getTracks().filter(({ kind }) => kind === 'video');
  }
}

class FakeSender {
  constructor(track) {
    this.track = track;
  }

  async replaceTrack(track) {
    await null; // a browser takes a while as well
    this.track = track;
  }

  setStreams() {}

  getParameters() {
    return { encodings: [{}] };
  }

  async setParameters(parameters) {
    this.parameters = parameters;
  }
}

class FakeTransceiver {
  mid = null;

  constructor(kind, track, direction) {
    this.kind = kind;
    this.direction = direction;
    this.sender = new FakeSender(track);
    this.receiver = { track: { kind } };
  }
}

/** A data channel that opens and carries only when a test says so. */
class FakeChannel extends EventTarget {
  readyState = 'connecting';
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  sent = [];

  constructor(label, options) {
    super();
    this.label = label;
    this.options = options;
  }

  send(data) {
    this.sent.push(data);
  }

  close() {
    this.become('closed');
  }

  become(readyState) {
    this.readyState = readyState;
    this.dispatchEvent(new Event(readyState === 'closed' ? 'close' : readyState));
  }

  arrive(data) {
    this.dispatchEvent(Object.assign(new Event('message'), { data }));
  }
}

const CHANNELS = '\nm=application 9';
let offers = 0;

export class FakeConnection extends EventTarget {
  signalingState = 'stable';
  connectionState = 'new';
  localDescription = null;
  remoteDescription = null;
  /** What happened, in order. */
  log = [];
  restarts = 0;
  played = 0;
  received = 0;
  /** @type {Promise<void> | undefined} */
  slow;
  /** @type {FakeChannel[]} */
  channels = [];
  #transceivers = [];
  #needed = false;
  #queued = false;
  #offered = false;

  constructor(configuration) {
    super();
    this.configuration = configuration;
  }

  setConfiguration(configuration) {
    this.#mustBeOpen();
    if (configuration.bundlePolicy !== this.configuration.bundlePolicy) throw new Error('InvalidModificationError');
    this.configuration = configuration;
    this.log.push('configured');
  }

  getTransceivers() {
    return [...this.#transceivers];
  }

  addTransceiver(trackOrKind, { direction }) {
    const track = typeof trackOrKind === 'string' ? null : trackOrKind;
    const transceiver = new FakeTransceiver(track?.kind ?? trackOrKind, track, direction);
    this.#transceivers.push(transceiver);
    this.#need();
    return transceiver;
  }

  createDataChannel(label, options) {
    const channel = new FakeChannel(label, options);
    this.channels.push(channel);
    // A browser asks for negotiation when the first channel is made and no description has a place for one.
    const agreed = this.remoteDescription?.sdp.includes('m=application');
    if (this.channels.length === 1 && !agreed) this.#need();
    return channel;
  }

  restartIce() {
    this.restarts += 1;
    this.#need();
  }

  async setLocalDescription() {
    this.#mustBeOpen();
    await null;
    await this.#unlessClosed();
    if (this.signalingState === 'stable') {
      offers += 1;
      this.localDescription = { type: 'offer', sdp: `offer ${offers}${this.channels.length ? CHANNELS : ''}` };
      this.signalingState = 'have-local-offer';
      this.#offered = true;
      this.#needed = false;
    } else {
      this.localDescription = { type: 'answer', sdp: `answer to ${this.remoteDescription.sdp}` };
      this.#becomeStable();
    }
    this.log.push(`local ${this.localDescription.sdp}`);
  }

  async setRemoteDescription({ type, sdp }) {
    this.#mustBeOpen();
    await this.slow;
    await this.#unlessClosed();
    if (type === 'answer') {
      if (this.signalingState !== 'have-local-offer') throw new Error('InvalidStateError');
      this.remoteDescription = { type, sdp };
      for (const transceiver of this.#transceivers) transceiver.mid ??= 'set';
      this.#becomeStable();
    } else {
      if (this.#offered && this.signalingState === 'have-local-offer') this.log.push('rolled back');
      this.remoteDescription = { type, sdp };
      this.signalingState = 'have-remote-offer';
      if (!this.#transceivers.some(({ mid }) => mid)) this.#addRemoteTransceivers();
    }
    this.log.push(`remote ${sdp}`);
  }

  async addIceCandidate(candidate) {
    this.#mustBeOpen();
    if (!this.remoteDescription) throw new Error('InvalidStateError');
    this.log.push(`candidate ${candidate?.candidate ?? 'end'}`);
  }

  /** One of the other side, when something of it was played last. */
  getReceivers() {
    const sources = this.played ? [{ timestamp: this.played }] : [];
    return [{ track: { kind: 'audio' }, getSynchronizationSources: () => sources }];
  }

  async getStats() {
    return new Map([['pair', { type: 'candidate-pair', bytesReceived: this.received }]]);
  }

  close() {
    this.signalingState = 'closed';
    this.connectionState = 'closed';
  }

  /** What is under way when a connection is closed never settles. */
  #unlessClosed() {
    return this.signalingState === 'closed' ? new Promise(() => {}) : undefined;
  }

  /** The path's state changes. */
  become(connectionState) {
    this.connectionState = connectionState;
    this.dispatchEvent(new Event('connectionstatechange'));
  }

  /** A candidate of one's own is found. */
  find(candidate) {
    this.dispatchEvent(Object.assign(new Event('icecandidate'), { candidate }));
  }

  #addRemoteTransceivers() {
    for (const kind of ['audio', 'video']) {
      const transceiver = new FakeTransceiver(kind, null, 'recvonly');
      transceiver.mid = 'set';
      this.#transceivers.push(transceiver);
      this.dispatchEvent(Object.assign(new Event('track'), { track: transceiver.receiver.track }));
    }
  }

  #becomeStable() {
    this.signalingState = 'stable';
    this.#offered = false;
    if (this.#transceivers.some(({ mid }) => mid === null)) this.#needed = true;
    if (this.#needed) this.#need();
  }

  #need() {
    this.#needed = true;
    if (this.#queued) return;
    this.#queued = true;
    queueMicrotask(() => {
      this.#queued = false;
      if (!this.#needed || this.signalingState !== 'stable') return;
      this.dispatchEvent(new Event('negotiationneeded'));
    });
  }

  #mustBeOpen() {
    if (this.signalingState === 'closed') throw new Error('InvalidStateError');
  }
}

/** Let everything that only waits for microtasks happen. */
export async function settled() {
  for (let turn = 0; turn < 60; turn += 1) await null;
}

/** A local track. */
export function fakeTrack(kind) {
  return Object.assign(new EventTarget(), {
    kind,
    enabled: true,
    muted: false,
    readyState: 'live',
    clones: [],
    stop() {
      this.readyState = 'ended';
    },
    clone() {
      const { enabled, readyState } = this;
      this.clones.push(Object.assign(fakeTrack(kind), { enabled, readyState }));
      return this.clones.at(-1);
    },
  });
}
