/**
 * One participant's line to the hub: subprotocol vap.signal.v1 (signaling/PROTOCOL.md).
 *
 * Says hello first, comes back by itself after a loss and says where it was, notices a dead socket, and
 * stays away when the server says so. Knows nothing of pages and media.
 */
import { backoffMs } from '../lib/backoff.js';
import { TypedEvents } from '../lib/typed-events.js';
import { Heartbeat } from './heartbeat.js';
import { Outbox } from './outbox.js';
import { SpareLine } from './spare-line.js';

/**
 * @import {
 *   AnswerFrom, Bye, CandidateFrom, ChatFrom, ClientMessage, Hello, IceServers, OfferFrom, Outlook,
 *   ServerMessage, StandBy, State, Welcome
 * } from './messages.js'
 *
 * @typedef {'connecting' | 'open' | 'reconnecting' | 'closed'} ConnectionStatus
 *   `open` from welcome on; `closed` is final.
 *
 * @typedef {object} ClientEvents
 * @property {Welcome} welcome
 * @property {StandBy} standBy The seat is on another device, which is asked; `welcome` or `bye` follows.
 * @property {State} state
 * @property {OfferFrom} offerFrom
 * @property {AnswerFrom} answerFrom
 * @property {CandidateFrom} candidateFrom
 * @property {ChatFrom} chatFrom
 * @property {IceServers} iceServers What to connect over from now on.
 * @property {Outlook} outlook What this person, who waits, may expect now.
 * @property {Bye} bye The server closes; after any action but 'resume' the client stays away.
 * @property {{ status: ConnectionStatus }} connection
 */

export const SUBPROTOCOL = 'vap.signal.v1';
const NUDGED_PONG_WITHIN_MS = 3_000;
const WELCOME_WITHIN_MS = 10_000;
// A restarted server is there again in seconds; somebody is in a call meanwhile.
const RETRY_AT_MOST_MS = 4_000;
const REQUEST_WITHIN_MS = 15_000;

/** A command had no effect. `code` is the wire's RefusalCode, or 'timeout'. */
export class RefusedError extends Error {
  /** @param {string} code */
  constructor(code) {
    super(code);
    this.name = 'RefusedError';
    this.code = code;
  }
}

/** @extends {TypedEvents<ClientEvents>} */
export class SignalingClient extends TypedEvents {
  #url;
  #signal;
  /** @type {() => Pick<Hello, 'microphone' | 'camera'>} */
  #introduce = () => ({});
  #standingBy = false;
  #WebSocketClass;
  #random;
  #outbox = new Outbox();
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {ConnectionStatus} */
  #status = 'connecting';
  /** @type {{ epoch: string, seq: number } | null} */
  #position = null;
  #attempt = 0;
  #lastRef = 0;
  /** @type {Bye | null} */
  #bye = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #reconnectTimer;
  #spare = new SpareLine({ open: () => this.#newSocket(), use: (socket) => this.#change(socket) });
  #heartbeat = new Heartbeat({
    ping: () => this.#write({ type: 'ping' }),
    // No close event comes from a dead network for minutes, so it is not waited for.
    dead: () => this.#lost(),
  });

  /**
   * @param {object} options
   * @param {string} options.url `ws(s)://.../signal?...`
   * @param {AbortSignal} [options.signal] Aborting it closes for good.
   * @param {typeof WebSocket} [options.WebSocketClass]
   * @param {() => number} [options.random]
   */
  constructor({ url, signal, WebSocketClass = globalThis.WebSocket, random = Math.random }) {
    super();
    this.#url = url;
    this.#signal = signal;
    this.#WebSocketClass = WebSocketClass;
    this.#random = random;
  }

  /** @returns {ConnectionStatus} */
  get status() {
    return this.#status;
  }

  /** The last position applied, or null before the first welcome. */
  get position() {
    return this.#position;
  }

  /**
   * Connect. Called once.
   *
   * @param {() => Pick<Hello, 'microphone' | 'camera'>} [introduce] What this person's devices do when hello is said.
   */
  start(introduce) {
    if (introduce) this.#introduce = introduce;
    if (this.#signal?.aborted) return this.close();
    this.#signal?.addEventListener('abort', () => this.close(), { once: true });
    this.#connect();
  }

  /** Close for good; nothing is emitted afterwards but `connection` closed. */
  close() {
    if (this.#status === 'closed') return;
    this.#abandonSocket();
    this.#stopWaiting();
    this.#outbox.abandon();
    this.#setStatus('closed');
  }

  /**
   * The network may have changed, or the page is back: try now instead of later, and doubt the socket. The
   * page calls it on `online` and `visibilitychange`, the call when media stops.
   */
  nudge() {
    if (this.#reconnectTimer !== undefined) this.#connect();
    else if (this.#status === 'open') {
      this.#heartbeat.ask(NUDGED_PONG_WITHIN_MS);
      this.#spare.prepare();
    }
  }

  /**
   * Send without waiting for an answer; what is not sent when the connection breaks follows after resume.
   *
   * @param {ClientMessage} message
   * @returns {boolean} False if it was dropped: closed, or too much is waiting.
   */
  send(message) {
    if (this.#status === 'closed') return false;
    const entry = { message, ref: undefined, again: true, sent: false, settle: undefined };
    const added = this.#outbox.add(entry);
    this.#flush();
    return added;
  }

  /**
   * Send and wait for the acknowledgement.
   *
   * @param {ClientMessage} message
   * @param {{ idempotent?: boolean, timeoutMs?: number }} [options] An idempotent command waits for the
   *   connection and is sent again after a resume; any other one is refused as 'unavailable' then.
   * @returns {Promise<number>} The position's seq at which it took effect.
   * @throws {RefusedError}
   */
  request(message, { idempotent = false, timeoutMs = REQUEST_WITHIN_MS } = {}) {
    return new Promise((resolve, reject) => {
      const ref = `r${(this.#lastRef += 1)}`;
      const timer = setTimeout(() => this.#outbox.settle(ref, { code: 'timeout' }), timeoutMs);
      const entry = {
        message: { ...message, ref },
        ref,
        again: idempotent,
        sent: false,
        settle: (/** @type {{ seq: number } | { code: string }} */ outcome) => {
          clearTimeout(timer);
          if ('seq' in outcome) resolve(outcome.seq);
          else reject(new RefusedError(outcome.code));
        },
      };
      const possible = this.#status === 'open' || (idempotent && this.#status !== 'closed');
      if (!possible || !this.#outbox.add(entry)) entry.settle({ code: 'unavailable' });
      this.#flush();
    });
  }

  #stopWaiting() {
    clearTimeout(this.#reconnectTimer);
    this.#reconnectTimer = undefined;
  }

  #connect() {
    this.#use(this.#newSocket());
  }

  #newSocket() {
    return new this.#WebSocketClass(this.#url, [SUBPROTOCOL]);
  }

  /** @param {WebSocket} socket One that is open, in place of one that has not answered. */
  #change(socket) {
    this.#abandonSocket();
    this.#outbox.disconnected();
    this.#setStatus('reconnecting');
    this.#use(socket);
    this.#hello();
  }

  /** @param {WebSocket} socket */
  #use(socket) {
    this.#stopWaiting();
    this.#bye = null;
    this.#socket = socket;
    this.#heartbeat.expect(WELCOME_WITHIN_MS);
    // A socket that was given up may still speak; it is not listened to any more.
    const mine = (/** @type {(event: any) => void} */ handle) => (/** @type {Event} */ event) => {
      if (this.#socket === socket) handle(event);
    };
    socket.addEventListener('open', mine(() => this.#hello()));
    socket.addEventListener('message', mine((/** @type {MessageEvent} */ event) => this.#receive(event.data)));
    socket.addEventListener('close', mine(() => this.#lost()));
  }

  #hello() {
    /** @type {Hello} */
    const hello = { type: 'hello', ...this.#introduce() };
    if (this.#position) hello.resume = { ...this.#position };
    this.#write(hello);
  }

  /** @param {unknown} data */
  #receive(data) {
    /** @type {ServerMessage} */
    let message;
    try {
      message = JSON.parse(String(data));
    } catch {
      return this.#lost(); // no hub talks like that: another server, or a broken one
    }
    this.#spare.drop();
    if (this.#status === 'open' || this.#standingBy) this.#heartbeat.alive();
    this.#dispatch(message);
  }

  /** @param {ServerMessage} message */
  #dispatch(message) {
    switch (message.type) {
      case 'welcome':
        this.#position = { epoch: message.epoch, seq: message.seq };
        this.#attempt = 0;
        this.#standingBy = false;
        this.#heartbeat.alive();
        this.#setStatus('open');
        this.emit('welcome', message);
        return this.#flush();
      case 'standBy':
        this.#attempt = 0;
        this.#standingBy = true;
        this.#heartbeat.alive();
        return this.emit('standBy', message);
      case 'state':
      case 'offerFrom':
      case 'answerFrom':
      case 'candidateFrom':
        this.#advance(message.seq);
        return this.emit(message.type, message);
      case 'chatFrom':
        this.#advance(message.line.seq);
        return this.emit('chatFrom', message);
      case 'outlook':
      case 'iceServers':
        return this.emit(message.type, message);
      case 'ack':
        this.#advance(message.seq);
        return this.#outbox.settle(message.ref, { seq: message.seq });
      case 'refused':
        if (this.#status !== 'open' && !this.#standingBy) return this.#lost(); // not even let in; try again later
        return this.#outbox.settle(message.ref, { code: message.code });
      case 'pong':
        return undefined;
      case 'bye':
        this.#bye = message;
        this.emit('bye', message);
        return this.#lost();
    }
  }

  /** @param {number} seq */
  #advance(seq) {
    if (this.#position && seq > this.#position.seq) this.#position.seq = seq;
  }

  /** The socket closed: come back unless the server said otherwise. */
  #lost() {
    if (this.#status === 'closed') return;
    const bye = this.#bye;
    this.#abandonSocket();
    if (bye && bye.action !== 'resume') return this.close();
    this.#outbox.disconnected();
    const atLeastMs = bye?.retryAfterMs ?? 0;
    const delayMs = backoffMs(this.#attempt, this.#random, { atLeastMs, capMs: RETRY_AT_MOST_MS });
    this.#attempt += 1;
    this.#reconnectTimer = setTimeout(() => this.#connect(), delayMs);
    this.#setStatus('reconnecting');
  }

  #abandonSocket() {
    const socket = this.#socket;
    this.#socket = null;
    this.#spare.drop();
    this.#standingBy = false;
    this.#heartbeat.stop();
    socket?.close();
  }

  #flush() {
    if (this.#status !== 'open') return;
    for (const entry of this.#outbox.flush()) this.#write(entry.message);
  }

  /** @param {ClientMessage} message */
  #write(message) {
    if (this.#socket?.readyState === this.#WebSocketClass.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** @param {ConnectionStatus} status */
  #setStatus(status) {
    if (this.#status === status) return;
    this.#status = status;
    this.emit('connection', { status });
  }
}
