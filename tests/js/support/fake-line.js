/**
 * Two peers, a server that carries their messages in order, and a network that a test cuts and mends. All goes by
 * steps of the mocked timers; the browsers say of a path what Chromium says, as late as it does.
 */
import { Peer } from '../../../static/js/media/peer.js';
import { FakeConnection, settled } from './fake-connection.js';

export const STEP_MS = 250;
const CONNECTS_AFTER_MS = 1_000;
const DISCONNECTED_AFTER_MS = 5_000;
const FAILED_AFTER_MS = 15_000;
const STALE_STEP = 240;

/** A browser's connection over the line: which way it found, and how long nothing has come. */
class LineConnection extends FakeConnection {
  quietMs = 0;
  /** The offer that led to the way in use, and the network that it was found in. */
  way = { offer: '', network: NaN };

  get offer() {
    const { localDescription, remoteDescription } = this;
    return localDescription?.type === 'offer' ? localDescription.sdp : remoteDescription?.sdp;
  }

  /** @param {LineConnection} other */
  agreesWith(other) {
    if ([this, other].some((each) => each.signalingState !== 'stable' || !each.remoteDescription)) return false;
    return (
      this.localDescription.sdp === other.remoteDescription.sdp &&
      this.remoteDescription.sdp === other.localDescription.sdp
    );
  }

  say(connectionState) {
    if (this.connectionState !== connectionState) this.become(connectionState);
  }
}

/** One person's browser, and its line to the server. */
class End {
  /** @type {LineConnection[]} */
  connections = [];
  online = true;
  /** What the browser waits for before it takes a description. */
  mood;
  /** What waits for the line to be back: from this end, and for it. */
  unsent = [];
  inbox = [];
  #lastPc = 0;

  constructor(line, { id, polite }) {
    this.id = id;
    this.peer = new Peer({
      id: polite ? 'host' : 'guest',
      polite,
      configuration: {},
      tracks: { audio: null, video: null },
      send: (message) => line.send(this, message),
      nextPc: () => this.#nextPc(line.nowMs),
      connect: (configuration) => {
        const connection = new LineConnection(configuration);
        connection.slow = this.mood;
        this.connections.push(connection);
        return connection;
      },
    });
  }

  get connection() {
    return this.connections.at(-1);
  }

  /** As `Mesh` does it. */
  receive(message) {
    this.#lastPc = Math.max(this.#lastPc, message.pc);
    this.peer.receive(message);
  }

  /** As `Mesh` does it. */
  stale(pc) {
    if (this.peer.pc !== pc) return;
    this.#lastPc = Math.max(this.#lastPc, pc + STALE_STEP);
    this.peer.renew();
  }

  /** @param {Promise<void> | undefined} mood */
  feel(mood) {
    mood?.catch(() => undefined);
    this.mood = mood;
    this.connection.slow = mood;
  }

  #nextPc(nowMs) {
    this.#lastPc = Math.max(Math.floor(nowMs / 250), this.#lastPc + 1);
    return this.#lastPc;
  }
}

export class FakeLine {
  nowMs = 1_000_000;
  /** Whether media gets through. */
  carries = true;
  /** Another one: ways that were found before lead nowhere. */
  network = 0;
  #timers;
  #latencyMs;
  #plays;
  #highestPc = 0;
  #toServer = [];

  /**
   * @param {object} options
   * @param {any} options.timers The mocked ones.
   * @param {number} options.latencyMs Of a message.
   * @param {boolean} options.plays Whether sound comes while the path carries it, so that silence is noticed.
   */
  constructor({ timers, latencyMs, plays }) {
    this.#timers = timers;
    this.#latencyMs = latencyMs;
    this.#plays = plays;
    this.host = new End(this, { id: 'host', polite: false });
    this.guest = new End(this, { id: 'guest', polite: true });
    this.ends = [this.host, this.guest];
  }

  /** Whether media comes through both ways, and both know. */
  get isWell() {
    return (
      this.host.peer.pc === this.guest.peer.pc &&
      this.ends.every((end) => end.peer.flows && this.#works(end.connection, this.#other(end).connection))
    );
  }

  /** What was done so far to have a path. */
  get attempts() {
    const connections = this.ends.flatMap((end) => end.connections);
    return connections.reduce((sum, { restarts }) => sum + restarts, connections.length);
  }

  begin() {
    this.host.peer.offer();
    for (const { peer } of this.ends) peer.goLive();
  }

  /** @param {number} forMs */
  async run(forMs) {
    for (const endMs = this.nowMs + forMs; this.nowMs < endMs; ) await this.step();
  }

  async step() {
    this.nowMs += STEP_MS;
    this.#timers.tick(STEP_MS);
    await settled();
    if (this.#carryMessages()) await settled();
    for (const end of this.ends) this.#carryMedia(end.connection, this.#other(end).connection);
  }

  /**
   * @param {End} end
   * @param {boolean} resumed Whether nothing was missed; as `Mesh` takes it.
   */
  comeBack(end, resumed) {
    if (end.online) return;
    end.online = true;
    const unsent = end.unsent.splice(0);
    if (resumed) for (const message of unsent) this.send(end, message);
    else end.inbox = [];
    if (end.peer.flows) return;
    if (resumed) end.peer.comeBack();
    else end.peer.renew();
  }

  /** @param {End} end */
  send(end, message) {
    if (end.online) this.#toServer.push({ atMs: this.nowMs + this.#latencyMs, from: end, message });
    else end.unsent.push(message);
  }

  /**
   * As the server does it: nothing of a lower generation, and a higher one begins with its offer.
   *
   * @returns {boolean} Whether anybody was told anything.
   */
  #carryMessages() {
    let any = false;
    while (this.#toServer[0]?.atMs <= this.nowMs) {
      const { from, message } = this.#toServer.shift();
      const { to, ...rest } = message;
      if (message.pc < this.#highestPc || (message.pc > this.#highestPc && message.type !== 'offer')) {
        if (!from.online) from.unsent.push(message);
        else if (message.type !== 'candidate') from.stale(message.pc);
        continue;
      }
      this.#highestPc = message.pc;
      const told = { ...rest, type: `${message.type}From`, sender: from.id, seq: 1 };
      this.ends.find(({ id }) => id === to).inbox.push(told);
    }
    for (const end of this.ends) {
      const messages = end.online ? end.inbox.splice(0) : [];
      for (const message of messages) end.receive(message);
      any ||= messages.length > 0;
    }
    return any;
  }

  /**
   * @param {LineConnection} connection
   * @param {LineConnection} other
   */
  #carryMedia(connection, other) {
    if (!connection.remoteDescription) return;
    const { offer, way } = connection;
    if (way.offer !== offer && connection.agreesWith(other)) {
      connection.way = { offer, network: this.network };
      connection.quietMs = 0;
      if (connection.connectionState === 'new') connection.say('connecting');
    }
    const isUp = connection.connectionState === 'connected';
    connection.quietMs += STEP_MS;
    if (this.#works(connection, other) && (isUp || connection.quietMs >= CONNECTS_AFTER_MS)) {
      connection.quietMs = 0;
      connection.say('connected');
      if (this.#plays) connection.played += 20;
    } else if (connection.quietMs >= FAILED_AFTER_MS) {
      connection.way.network = NaN; // nothing but a restart helps now
      connection.say('failed');
    } else if (isUp && connection.quietMs >= DISCONNECTED_AFTER_MS) {
      connection.say('disconnected');
    }
  }

  /**
   * @param {LineConnection} connection
   * @param {LineConnection} other
   */
  #works({ way }, other) {
    return this.carries && way.network === this.network && other.way.offer === way.offer;
  }

  #other(end) {
    return end === this.host ? this.guest : this.host;
  }
}
