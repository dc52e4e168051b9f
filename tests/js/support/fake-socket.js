/** A WebSocket whose other end is the test. */

/** Make a class of its own for each test, so that tests share nothing. */
export function fakeSocketClass() {
  return class FakeSocket extends EventTarget {
    static CONNECTING = 0;
    static OPEN = 1;
    static CLOSED = 3;
    /** @type {FakeSocket[]} */
    static all = [];
    static get last() {
      return this.all.at(-1);
    }

    readyState = 0;
    /** @type {any[]} */
    sent = [];

    constructor(url, protocols) {
      super();
      this.url = url;
      this.protocols = protocols;
      FakeSocket.all.push(this);
    }

    send(text) {
      this.sent.push(JSON.parse(text));
    }

    close() {
      this.readyState = 3;
    }

    /** The server accepts. */
    open() {
      this.readyState = 1;
      this.dispatchEvent(new Event('open'));
    }

    /** The server says something. */
    say(message) {
      const data = typeof message === 'string' ? message : JSON.stringify(message);
      this.dispatchEvent(new MessageEvent('message', { data }));
    }

    /** The connection breaks or the server closes. */
    drop() {
      this.readyState = 3;
      this.dispatchEvent(new Event('close'));
    }

    /** The server accepts and welcomes. */
    welcome(changes = {}) {
      this.open();
      this.say(welcome(changes));
    }

    /** What was sent, without the refs, of one type or all. */
    types() {
      return this.sent.map(({ type }) => type);
    }
  };
}

/** A welcome message. */
export function welcome(changes = {}) {
  return {
    type: 'welcome',
    self: 'customer',
    epoch: 'epoch-one',
    seq: 10,
    resumed: false,
    serverTime: 1_800_000_000_000,
    room: { ended: false, participants: [view('customer')] },
    iceServers: [],
    chat: [],
    ...changes,
  };
}

/** A participant as seen in the room. */
export function view(id, changes = {}) {
  const host = id.startsWith('staff');
  return {
    id,
    name: id,
    stage: host ? 'admitted' : 'waiting',
    online: true,
    host,
    microphone: 'on',
    camera: 'on',
    ...changes,
  };
}
