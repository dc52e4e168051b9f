/**
 * `<vap-chat>`: the written conversation of a call.
 *
 * Attributes (words): `label` (of the log), `label-input`, `label-send`, `label-you`, `label-failed`,
 * `label-empty`; `time-zone` for times; `disabled` while nobody can be written
 * to. Properties: `selfId`; `nameOf(id)`; `send(text)`, which rejects when the line was refused: the
 * draft comes back then. Method: `show(lines)`.
 */
import { make, setText, setVisible } from '../lib/dom.js';
import { timeOfDay } from '../lib/time.js';

/** @import { ChatLine } from '../signaling/messages.js' */

const MAX_CHARS = 2_000;
let instances = 0;

export class VapChat extends HTMLElement {
  static observedAttributes = [
    ...['label', 'label-input', 'label-send', 'label-failed', 'label-empty'],
    'disabled',
  ];

  selfId = '';
  /** @type {(id: string) => string} */
  nameOf = () => '';
  /** @type {(text: string) => Promise<unknown>} */
  send = () => Promise.reject(new Error('nobody sends for this chat'));

  #log = make('div', 'vap-chat__log');
  #empty = make('p', 'vap-chat__empty');
  #form = make('form', 'vap-chat__form');
  #label = make('label', 'vap-chat__label');
  #input = make('textarea', 'vap-chat__input');
  #button = make('button', 'vap-chat__send');
  #failed = make('p', 'vap-chat__failed');
  /** @type {Set<string>} */
  #shown = new Set();
  // Whether the reader is at the newest line; who scrolled up to read is left there.
  #following = true;
  #height = 0;

  constructor() {
    super();
    instances += 1;
    this.#input.id = `vap-chat-input-${instances}`;
    this.#input.rows = 1;
    this.#input.maxLength = MAX_CHARS;
    this.#input.dir = 'auto';
    this.#input.autocomplete = 'off';
    this.#label.htmlFor = this.#input.id;
    this.#button.type = 'submit';
    this.#failed.setAttribute('role', 'alert');
    this.#log.setAttribute('role', 'log');
    this.#log.setAttribute('aria-live', 'polite');
    this.#log.tabIndex = 0;
    this.#log.addEventListener('scroll', () => {
      const { scrollHeight, scrollTop, clientHeight } = this.#log;
      // A log that has just another height was scrolled by that, not by the reader.
      if (clientHeight === this.#height) this.#following = scrollHeight - scrollTop - clientHeight < 40;
    });
    // Opened, turned, or squeezed by a keyboard: the newest line stays in sight.
    new ResizeObserver(() => {
      this.#height = this.#log.clientHeight;
      this.#follow();
    }).observe(this.#log);
    this.#form.append(this.#label, this.#input, this.#button);
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#submit();
    });
    this.#input.addEventListener('keydown', (event) => {
      if (event.code !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#form.requestSubmit();
    });
  }

  connectedCallback() {
    this.classList.add('vap-chat');
    this.replaceChildren(this.#empty, this.#log, this.#failed, this.#form);
    setVisible(this.#failed, false);
    this.#render();
  }

  attributeChangedCallback() {
    this.#render();
  }

  /** Put the cursor where the next line is written. */
  focusInput() {
    this.#input.focus();
  }

  /**
   * Show the whole conversation; lines already shown stay as they are.
   *
   * @param {readonly ChatLine[]} lines In order.
   */
  show(lines) {
    lines.forEach((line, index) => {
      const key = `${line.sender} ${line.id}`;
      if (this.#shown.has(key)) return;
      this.#shown.add(key);
      if (line.sender === this.selfId) this.#following = true;
      this.#log.insertBefore(this.#bubble(line), this.#log.children[index] ?? null);
    });
    setVisible(this.#empty, this.#shown.size === 0);
    this.#follow();
  }

  #follow() {
    if (this.#following) this.#log.scrollTop = this.#log.scrollHeight;
  }

  /** @param {ChatLine} line */
  #bubble({ sender, text, at }) {
    const own = sender === this.selfId;
    const item = make('div', `vap-chat__line ${own ? 'vap-chat__line--own' : 'vap-chat__line--other'}`);
    const name = own ? this.getAttribute('label-you') ?? '' : this.nameOf(sender);
    const body = make('p', 'vap-chat__text', text);
    body.dir = 'auto';
    const zone = this.getAttribute('time-zone') ?? 'UTC';
    const time = make('time', 'vap-chat__time', timeOfDay(at, document.documentElement.lang, zone));
    time.dateTime = new Date(at).toISOString();
    item.append(make('span', 'vap-chat__sender', name), body, time);
    return item;
  }

  async #submit() {
    const draft = this.#input.value;
    const text = draft.trim();
    if (!text || this.hasAttribute('disabled')) return;
    this.#input.value = '';
    setVisible(this.#failed, false);
    try {
      await this.send(text);
    } catch {
      // What was typed meanwhile stays, after the line that did not get through.
      this.#input.value = [draft, this.#input.value].filter(Boolean).join('\n').slice(0, MAX_CHARS);
      setVisible(this.#failed, true);
    }
  }

  #render() {
    const label = (/** @type {string} */ key) => this.getAttribute(key) ?? '';
    this.#log.setAttribute('aria-label', label('label'));
    setText(this.#label, label('label-input'));
    setText(this.#button, label('label-send'));
    setText(this.#failed, label('label-failed'));
    setText(this.#empty, label('label-empty'));
    const disabled = this.hasAttribute('disabled');
    this.#input.disabled = disabled;
    this.#button.disabled = disabled;
  }
}

customElements.define('vap-chat', VapChat);
