/**
 * One person's part in a call: the line to the hub, their own media and the paths to the others, as one
 * state for a page. A page gives it what the person wants and shows `state` whenever it changes.
 */
import { TypedEvents } from '../lib/typed-events.js';
import { INITIAL, isFinal, reduce } from './call-state.js';
import { Mesh } from './mesh.js';
import { Sending } from './sending.js';
import { Telling } from './telling.js';

/**
 * @import { RefusedError, SignalingClient } from '../signaling/client.js'
 * @import { ChatLine } from '../signaling/messages.js'
 * @import { CallEvent, CallState } from './call-state.js'
 * @import { LocalMedia } from './local-media.js'
 * @import { Connect, Outgoing, Peer } from './peer.js'
 * @import { PeerChannels } from './peer-channel.js'
 * @import { Instead, Weak } from './sending.js'
 *
 * @typedef {object} CallEvents
 * @property {CallState} change
 * @property {ChatLine} chat A line not shown before; `state.chat` already holds it.
 * @property {{ id: string, channels: PeerChannels | null }} channels To one participant: open, or gone (null);
 *   `channels` already says so. Only of those who are in the call with this person.
 * @property {{ id: string, stream: MediaStream }} met Somebody's media is on its way: put it into their tile now,
 *   before the page is told to paint itself; the state says it again.
 * @property {CallState} stopped The call is over for this page (left, ended or stopped); once.
 */

const LEAVE_WITHIN_MS = 2_000;

/** @extends {TypedEvents<CallEvents>} */
export class Call extends TypedEvents {
  #client;
  #mesh;
  #state = INITIAL;
  /** @type {Set<string>} */
  #admitting = new Set();
  #sending = new Sending();
  #telling = new Telling(() => this.emit('change', this.#state));
  /** @type {Map<string, PeerChannels>} */
  #channels = new Map();

  /**
   * @param {object} options
   * @param {SignalingClient} options.client Not started yet; the call starts and closes it.
   * @param {LocalMedia | null} [options.media] The call owns it from now on and closes it when it is over.
   * @param {AbortSignal} [options.signal] Aborting it closes everything without leaving the room.
   * @param {Connect | undefined} [options.connect]
   */
  constructor({ client, media = null, signal, connect }) {
    super();
    this.#client = client;
    const now = () => Date.now() + this.#state.serverOffsetMs;
    const veil = () => this.#sending.veil();
    this.#mesh = new Mesh({ send: (message) => this.#signalTo(message), now, connect, veil });
    this.#listen();
    this.replaceLocal(media);
    signal?.addEventListener('abort', () => this.close(), { once: true });
  }

  /** @returns {CallState} */
  get state() {
    return this.#state;
  }

  /**
   * What there is beside the media to each participant that this person is in the call with.
   *
   * @returns {ReadonlyMap<string, PeerChannels>}
   */
  get channels() {
    return this.#channels;
  }

  /** Connect. Called once. */
  start() {
    this.#client.start(() => this.#sending.hello());
  }

  /** The network or the page may be back; call it on `online` and when the page becomes visible. */
  nudge() {
    this.#client.nudge();
  }

  /** Close the line, the paths and the devices, without leaving the room. */
  close() {
    this.#client.close();
    this.#apply({ type: 'closed' });
  }

  /**
   * Take part in the call that this person has only watched so far; preparing or admitting somebody does so too.
   *
   * @throws {RefusedError}
   */
  join() {
    return this.#client.request({ type: 'join' }, { idempotent: true });
  }

  /**
   * Choose a waiting participant.
   *
   * @param {string} participant
   * @throws {RefusedError}
   */
  prepare(participant) {
    return this.#client.request({ type: 'prepare', participant });
  }

  /**
   * Let a participant in. The offer, made ahead, follows in the same breath.
   *
   * @param {string} participant
   * @throws {RefusedError}
   */
  async admit(participant) {
    this.#admitting.add(participant);
    const admitted = this.#client.request({ type: 'admit', participant });
    this.#sync();
    try {
      return await admitted;
    } catch (error) {
      if (this.#admitting.delete(participant)) this.#sync();
      throw error;
    }
  }

  /**
   * Put an admitted participant on hold: no media either way.
   *
   * @param {string} participant
   * @throws {RefusedError}
   */
  hold(participant) {
    return this.#client.request({ type: 'hold', participant });
  }

  /**
   * Send a participant back to the waiting room.
   *
   * @param {string} participant
   * @throws {RefusedError}
   */
  lobby(participant) {
    return this.#client.request({ type: 'lobby', participant });
  }

  /**
   * Put a participant out of the room, for good.
   *
   * @param {string} participant
   * @throws {RefusedError}
   */
  remove(participant) {
    return this.#client.request({ type: 'remove', participant });
  }

  /**
   * Let nobody new in, or let them in again.
   *
   * @param {boolean} locked
   * @throws {RefusedError}
   */
  lock(locked) {
    return this.#client.request({ type: 'lock', locked });
  }

  /**
   * Have everybody see a participant large, or nobody any more.
   *
   * @param {string} participant
   * @param {boolean} on
   * @throws {RefusedError}
   */
  pin(participant, on) {
    return this.#client.request({ type: 'pin', participant, on });
  }

  /** @returns {Map<string, number>} How loud each of the others is right now, from 0 to 1. */
  loudness() {
    return new Map([...this.#mesh.live].map(([id, peer]) => [id, peer.loudness]));
  }

  /**
   * Call in a waiting participant who may be away.
   *
   * @param {string} participant
   * @throws {RefusedError}
   */
  summon(participant) {
    return this.#client.request({ type: 'summon', participant });
  }

  /**
   * Say a line to a participant who waits.
   *
   * @param {string} participant
   * @param {string} text
   * @param {string} [sentence] One that the pages know in every language; `text` is the same in one of them.
   * @throws {RefusedError}
   */
  tell(participant, text, sentence) {
    const line = { id: crypto.randomUUID(), text, ...(sentence && { sentence }) };
    return this.#client.request({ type: 'tell', participant, ...line }, { idempotent: true });
  }

  /**
   * Ask for a minute when called, or say that it is not needed any more.
   *
   * @param {boolean} wanted
   * @throws {RefusedError}
   */
  askMinute(wanted) {
    return this.#client.request({ type: 'minute', wanted });
  }

  /**
   * Say whether another device, which stands by for a participant's seat, may have it.
   *
   * @param {string} participant One's own id; a host may answer for the others.
   * @param {boolean} allow
   * @throws {RefusedError}
   */
  answerDevice(participant, allow) {
    return this.#client.request({ type: 'seat', participant, allow });
  }

  /** Leave the room. Devices stop at once; resolves when the server knows, or soon after if it can't. */
  async leave() {
    const told = this.#client.request({ type: 'leave' }, { idempotent: true, timeoutMs: LEAVE_WITHIN_MS });
    this.#apply({ type: 'left' });
    await told.catch(() => undefined);
    this.#client.close();
  }

  /**
   * End the room for everybody.
   *
   * @throws {RefusedError}
   */
  end() {
    return this.#client.request({ type: 'end' }, { idempotent: true });
  }

  /**
   * Send a line to everybody in the call; it comes back as `chat` like everybody's.
   *
   * @param {string} text
   * @throws {RefusedError}
   */
  sendChat(text) {
    return this.#client.request({ type: 'chat', id: crypto.randomUUID(), text }, { idempotent: true });
  }

  /** @param {boolean} on */
  setMicrophone(on) {
    this.#sending.setMicrophone(on);
  }

  /** @param {boolean} on */
  setCamera(on) {
    this.#sending.setCamera(on);
  }

  /**
   * Use other media (or none) from now on; what was used before is closed.
   *
   * @param {LocalMedia | null} media
   */
  replaceLocal(media) {
    if (isFinal(this.#state.phase)) return media?.close();
    return this.#sending.use(media);
  }

  /**
   * Show the others something in the camera's place, or (null) the camera again. See `Sending.show`.
   *
   * @param {Instead | null} instead
   */
  showInstead(instead) {
    if (isFinal(this.#state.phase)) return instead?.stop();
    return this.#sending.show(instead);
  }

  /**
   * Say what a weak network has done to one's own picture; `paths` are where it is done.
   *
   * @param {Weak} weak
   */
  setWeak(weak) {
    this.#sending.setWeak(weak);
  }

  /** @returns {ReadonlyMap<string, Peer>} The paths that media flows over now, by participant. */
  get paths() {
    return this.#mesh.live;
  }

  #listen() {
    const client = this.#client;
    this.#sending.on('change', () => this.#localChanged());
    client.on('welcome', (welcome) => {
      this.#mesh.configure(welcome.iceServers, welcome.relayOnly ?? false);
      this.#apply({ type: 'welcome', welcome, now: Date.now() }, { fresh: !welcome.resumed });
      this.#publish();
    });
    client.on('iceServers', ({ iceServers }) => this.#mesh.configure(iceServers));
    client.on('standBy', () => this.#apply({ type: 'standBy' }));
    client.on('state', ({ room }) => this.#apply({ type: 'room', room }));
    client.on('chatFrom', ({ line }) => {
      const before = this.#state.chat;
      this.#apply({ type: 'chat', line });
      if (this.#state.chat !== before) this.emit('chat', line);
    });
    for (const name of /** @type {const} */ (['offerFrom', 'answerFrom', 'candidateFrom'])) {
      client.on(name, (message) => this.#mesh.receive(message));
    }
    client.on('bye', (bye) => this.#apply({ type: 'bye', bye }));
    client.on('connection', ({ status }) =>
      this.#apply(status === 'closed' ? { type: 'closed' } : { type: 'signaling', status }),
    );
    this.#mesh.on('remote', ({ id, stream }) => {
      this.#apply({ type: 'remote', id, stream });
      if (stream) this.emit('met', { id, stream });
    });
    this.#mesh.on('link', ({ id, state }) => this.#apply({ type: 'link', id, state }));
    // What carries no media any more may carry no messages either, and mending needs them.
    this.#mesh.on('stalled', () => this.nudge());
    this.#mesh.on('channels', ({ id, channels }) => {
      const known = this.#channels.has(id);
      if (channels) this.#channels.set(id, channels);
      else this.#channels.delete(id);
      if (channels || known) this.emit('channels', { id, channels });
    });
  }

  /**
   * @param {CallEvent} event
   * @param {{ fresh?: boolean }} [options]
   */
  #apply(event, options) {
    const before = this.#state;
    this.#state = reduce(before, event);
    if (this.#state === before) return;
    if (event.type === 'welcome' || event.type === 'room') this.#sync(options);
    this.#telling.changed(this.#state);
    if (isFinal(this.#state.phase) && !isFinal(before.phase)) this.#finish();
  }

  /** @param {{ fresh?: boolean }} [options] */
  #sync(options) {
    const { self, participants, phase } = this.#state;
    if (!self || isFinal(phase)) return;
    for (const { id, stage } of participants) if (stage === 'admitted') this.#admitting.delete(id);
    this.#mesh.sync(self, participants, { ...options, admitting: this.#admitting });
  }

  #finish() {
    this.#sending.close();
    this.#mesh.close();
    if (this.#state.phase !== 'left') this.#client.close();
    this.emit('stopped', this.#state);
  }

  #localChanged() {
    const { media, instead, now } = this.#sending;
    this.#apply({ type: 'media', media, instead, trouble: now.trouble });
    // A sender that is closing refuses a track; its connection is replaced anyway.
    this.#mesh.replaceTracks(this.#sending.tracks).catch(() => undefined);
    this.#publish();
  }

  /** Tell the others what the microphone and the camera do; hello has told them what they did then. */
  #publish() {
    const news = this.#state.self && this.#sending.news();
    if (news) this.#client.send({ type: 'media', ...news });
  }

  /** @param {Outgoing} message */
  #signalTo(message) {
    if (message.type === 'candidate') {
      this.#client.send(message);
      return;
    }
    this.#client.request(message, { idempotent: true }).catch((/** @type {RefusedError} */ error) => {
      if (error.code === 'stale_pc') this.#mesh.stale(message.to, message.pc);
    });
  }
}
