import { byId, hide, listen, setVisible } from '../lib/dom.js';
import { lateStyle } from '../lib/late-style.js';

/**
 * Wire the menu of what else the call can do, the same on both sides. Its button can be pressed from now on.
 * A row that was pressed closes it, unless it opens something inside (`aria-expanded`).
 *
 * @param {AbortSignal} signal
 */
export function moreMenu(signal) {
  const opener = byId('open-more', HTMLButtonElement);
  const sheet = byId('more-sheet', HTMLElement);
  lateStyle(sheet);
  const set = (/** @type {boolean} */ open) => {
    setVisible(sheet, open);
    opener.setAttribute('aria-expanded', String(open));
  };
  const open = () => {
    set(true);
    firstShown(sheet)?.focus();
  };
  const close = () => {
    if (sheet.hidden) return;
    set(false);
    opener.focus();
  };
  const pressed = (/** @type {EventTarget | null} */ target) => {
    const row = target instanceof Element && target.closest('.more__row');
    if (row && !row.hasAttribute('aria-expanded')) close();
  };
  listen(opener, 'click', () => (sheet.hidden ? open() : close()), signal);
  listen(byId('close-more', HTMLButtonElement), 'click', close, signal);
  // Before the row's own listener: a dialog that it opens gives the focus back to the button, not to a row that is gone.
  sheet.addEventListener('click', ({ target }) => pressed(target), { capture: true, signal });
  for (const part of [sheet, opener]) listen(part, 'keydown', ({ code }) => code === 'Escape' && close(), signal);
  // Tabbed past the last row: it would stay over the picture, out of reach of Escape.
  listen(sheet, 'focusout', ({ relatedTarget: to }) => {
    if (to instanceof Node && to !== opener && !sheet.contains(to)) set(false);
  }, signal);
  listen(document, 'pointerdown', ({ target }) => {
    const inside = target instanceof Node && (sheet.contains(target) || opener.contains(target));
    if (!inside) set(false);
  }, signal);
  signal.addEventListener('abort', () => hide(sheet), { once: true });
  opener.disabled = false;
}

/**
 * @param {HTMLElement} sheet
 * @returns {HTMLElement | undefined}
 */
function firstShown(sheet) {
  const all = /** @type {HTMLElement[]} */ ([...sheet.querySelectorAll('.more__rows :is(button, select, input)')]);
  return all.find((each) => each.offsetParent !== null);
}
