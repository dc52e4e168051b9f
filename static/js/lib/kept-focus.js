/**
 * The keyboard's place among buttons that come and go: a button that was used and is now hidden or disabled hands
 * its place to the next that makes sense, so that nobody has to start again at the top of the page.
 *
 * @typedef {HTMLElement & { disabled?: boolean }} Focusable
 */
export class KeptFocus {
  #next;
  #page;
  /** @type {Focusable | null} whose place it is: a browser may take the focus away before we look again */
  #from = null;

  /**
   * @param {(from: Focusable) => readonly Focusable[]} next Where to go from a button, best first; none for what
   *   is not ours to care for. The button itself comes before them as soon as it can be used again.
   * @param {Pick<Document, 'activeElement' | 'body'>} [page]
   */
  constructor(next, page = document) {
    this.#next = next;
    this.#page = page;
  }

  /**
   * The place is this button's although it has not the focus now, as while a question lies over the page.
   *
   * @param {Focusable} button
   */
  place(button) {
    this.#from = button;
  }

  /** Forget the place: whoever points elsewhere does not want it back. */
  forget() {
    this.#from = null;
  }

  /** To be called after buttons were shown, hidden, enabled or disabled, and when the focus has moved. */
  settle() {
    const active = /** @type {Focusable | null} */ (this.#page.activeElement);
    if (active && active !== this.#page.body) {
      const ours = this.#next(active).length > 0;
      if (!ours && active.closest('dialog')) return;
      this.#from = ours ? active : null;
    }
    const from = this.#from;
    if (!from) return;
    const heir = [from, ...this.#next(from)].find(isUsable);
    if (!heir || heir === active) return;
    this.#from = heir;
    heir.focus();
  }
}

/** @param {Focusable} element */
function isUsable(element) {
  return !element.disabled && !element.closest('[hidden]');
}
