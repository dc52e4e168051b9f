import { listen, make, one, setText, setVisible } from '../lib/dom.js';
import { getJson, postJson } from '../lib/http.js';

/**
 * @typedef {object} RequestFinding What the server says, in the reader's words.
 * @property {'found' | 'not_found' | 'unavailable'} found
 * @property {string} [status]
 * @property {string[]} [missing]
 * @property {string} [actor] Who acts next.
 * @property {string} [next] What they have to do.
 * @property {string} [updated]
 * @property {boolean | null} [phoneMatches] Told to staff alone.
 */

/** The server's own look-up gives up sooner. */
const DEADLINE_MS = 8_000;

/** Where a request stands: asked for after the page is there, and again by a button. */
export class RequestCard {
  #root;
  #signal;
  #refresh;

  /**
   * @param {HTMLElement} root `templates/request-card.html`
   * @param {AbortSignal} signal
   */
  constructor(root, signal) {
    this.#root = root;
    this.#signal = signal;
    this.#refresh = one(root, '[data-part="refresh"]', HTMLButtonElement);
    listen(this.#refresh, 'click', () => void this.load(true), signal);
  }

  /** @param {boolean} [fresh] Ask the back office itself, whatever is remembered. */
  async load(fresh = false) {
    this.#refresh.disabled = true;
    if (!fresh) this.#show('loading');
    const finding = await this.#ask(fresh);
    if (this.#signal.aborted) return;
    this.#fill(finding);
    this.#show(finding.found);
    this.#refresh.disabled = false;
  }

  /**
   * @param {boolean} fresh
   * @returns {Promise<RequestFinding>}
   */
  async #ask(fresh) {
    const { url = '', ticket } = this.#root.dataset;
    const options = { signal: this.#signal, deadlineMs: DEADLINE_MS };
    try {
      if (ticket) return await postJson(url, { ticket }, options);
      return await getJson(fresh ? `${url}?fresh=1` : url, options);
    } catch {
      return { found: 'unavailable' };
    }
  }

  /** @param {RequestFinding} finding */
  #fill({ status = '', missing = [], actor = '', next = '', updated = '', phoneMatches = null }) {
    const place = (/** @type {string} */ name) => one(this.#root, `[data-field="${name}"]`, HTMLElement);
    for (const [name, words] of Object.entries({ status, actor, next, updated })) setText(place(name), words);
    place('missing').replaceChildren(...missing.map((words) => make('li', '', words)));
    setVisible(one(this.#root, '[data-part="missing"]', HTMLElement), missing.length > 0);
    setVisible(place('next'), next !== '');
    const other = this.#root.querySelector('[data-part="other_phone"]');
    if (other) setVisible(other, phoneMatches === false);
  }

  /** @param {string} name */
  #show(name) {
    for (const part of this.#root.querySelectorAll('[data-state]')) {
      setVisible(part, part.getAttribute('data-state') === name);
    }
  }
}

/**
 * Fill every card of the page.
 *
 * @param {AbortSignal} signal
 */
export function fillRequestCards(signal) {
  for (const root of document.querySelectorAll('[data-request-card]')) {
    if (root instanceof HTMLElement) void new RequestCard(root, signal).load();
  }
}
