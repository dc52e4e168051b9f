/** The chat of the call page: beside the call, and a count of what came while it was out of sight. */
import { VapChat } from '../elements/chat.js';
import { byId, listen, setText, setVisible } from '../lib/dom.js';
import { nameOf } from '../lib/names.js';

/**
 * @import { Call } from '../media/call.js'
 * @import { CallState } from '../media/call-state.js'
 */

export class CallChat {
  #chat = byId('chat', VapChat);
  #card = byId('chat-card', HTMLElement);
  #button = byId('open-chat', HTMLButtonElement);
  #unread = byId('unread', HTMLElement);
  #seen = 0;
  #received = 0;
  #inSight = false;

  /**
   * @param {Call} call
   * @param {string} customer name
   * @param {AbortSignal} signal
   */
  constructor(call, customer, signal) {
    this.#chat.nameOf = (id) => nameOf(call.state.participants.find((each) => each.id === id)) || customer;
    this.#chat.send = (line) => call.sendChat(line);
    listen(this.#button, 'click', () => this.#chat.focusInput(), signal);
    const observer = new IntersectionObserver(([entry]) => this.#sighted(entry), { threshold: 0.5 });
    observer.observe(this.#card);
    signal.addEventListener('abort', () => observer.disconnect(), { once: true });
  }

  /**
   * @param {CallState} state
   * @param {boolean} open whether the two can write to each other now
   */
  show(state, open) {
    const self = state.self?.id ?? '';
    this.#chat.selfId = self;
    this.#chat.toggleAttribute('disabled', !open);
    this.#chat.show(state.chat);
    const visible = open || state.chat.length > 0;
    setVisible(this.#card, visible);
    setVisible(this.#button, visible);
    this.#received = state.chat.filter((line) => line.sender !== self).length;
    this.#count();
  }

  /** @param {IntersectionObserverEntry | undefined} entry */
  #sighted(entry) {
    this.#inSight = entry?.isIntersecting ?? false;
    this.#count();
  }

  #count() {
    if (this.#inSight) this.#seen = this.#received;
    const unread = this.#received - this.#seen;
    setText(this.#unread, String(unread));
    setVisible(this.#unread, unread > 0);
  }
}
