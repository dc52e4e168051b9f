/**
 * `<vap-countdown to="...">` and `<vap-elapsed since="...">`: a span that runs, written in Latin digits.
 *
 * Both take milliseconds since 1970 or an ISO time, `offset` (milliseconds to add to this device's clock for
 * the server's). The countdown says longer spans in the page's language and dispatches `vap-due` at zero. The elapsed time takes `target` (seconds) and carries `data-over` once it is longer.
 */
import { setText } from '../lib/dom.js';
import { clockText, everySecond, spanText } from '../lib/time.js';

const WORDS_FROM_MS = 60 * 60 * 1_000;

class VapClock extends HTMLElement {
  /** @type {AbortController | undefined} */
  #running;

  connectedCallback() {
    this.classList.add('vap-clock');
    this.setAttribute('role', 'timer');
    this.#running = new AbortController();
    everySecond(() => this.tick(), this.#running.signal);
  }

  disconnectedCallback() {
    this.stop();
  }

  attributeChangedCallback() {
    if (this.isConnected) this.tick();
  }

  stop() {
    this.#running?.abort();
  }

  /** The server's time in milliseconds. */
  now() {
    return Date.now() + Number(this.getAttribute('offset') ?? 0);
  }

  /**
   * @param {string} attribute
   * @returns {number} Milliseconds since 1970, or NaN.
   */
  moment(attribute) {
    const value = this.getAttribute(attribute) ?? '';
    return /^\d+$/.test(value) ? Number(value) : Date.parse(value);
  }

  /** Write the present span. */
  tick() {}
}

export class VapCountdown extends VapClock {
  static observedAttributes = ['to', 'offset'];

  tick() {
    const left = this.moment('to') - this.now();
    if (Number.isNaN(left)) return setText(this, '');
    // Rounded up, so that it shows zero only when it is over.
    const rounded = Math.ceil(left / 1_000) * 1_000;
    setText(this, rounded >= WORDS_FROM_MS ? spanText(rounded, document.documentElement.lang) : clockText(rounded));
    if (left > 0) return undefined;
    this.stop();
    return void this.dispatchEvent(new CustomEvent('vap-due', { bubbles: true }));
  }
}

export class VapElapsed extends VapClock {
  static observedAttributes = ['since', 'offset', 'target'];

  tick() {
    const elapsed = this.now() - this.moment('since');
    setText(this, Number.isNaN(elapsed) ? '' : clockText(elapsed));
    const target = Number(this.getAttribute('target') ?? Number.POSITIVE_INFINITY);
    this.toggleAttribute('data-over', elapsed > target * 1_000);
  }
}

customElements.define('vap-countdown', VapCountdown);
customElements.define('vap-elapsed', VapElapsed);
