/**
 * "Continue on another device": a link for another device, shown as a QR code and to be copied.
 *
 * @import { Call } from '../media/call.js'
 * @import { Surroundings } from './call-features.js'
 */
import { byId, listen, one, setText, setVisible } from '../lib/dom.js';
import { HttpProblem, postJson } from '../lib/http.js';
import { lateStyle } from '../lib/late-style.js';
import { text } from '../lib/page-data.js';
import { copyLink } from './copy-link.js';
import { guestProblem } from './guest-problem.js';

/** @typedef {{ url: string, picture: { side: number, d: string }, expiresInMs: number }} Link */

/**
 * @param {Call} _call
 * @param {Surroundings} surroundings
 */
export function start(_call, { signal }) {
  const row = byId('open-hand-over', HTMLElement);
  const dialog = byId('hand-over-dialog', HTMLDialogElement);
  lateStyle(dialog);
  const field = one(dialog, 'input', HTMLInputElement);
  const said = byId('hand-over-said', HTMLElement);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let expiry;
  setVisible(row, true);

  const show = (/** @type {Link | null} */ link) => {
    setVisible(byId('hand-over-link', HTMLElement), link !== null);
    field.value = link?.url ?? '';
    draw(one(dialog, 'svg', SVGSVGElement), link?.picture ?? { side: 1, d: '' });
  };
  const open = async () => {
    show(null);
    setText(said, '');
    dialog.showModal();
    try {
      const link = /** @type {Link} */ (await postJson('hand-over', {}));
      show(link);
      clearTimeout(expiry);
      expiry = setTimeout(expired, link.expiresInMs);
    } catch (error) {
      if (!(error instanceof HttpProblem)) throw error;
      setText(said, guestProblem(error));
    }
  };
  const expired = () => {
    show(null);
    setText(said, text('say.hand_over.expired'));
  };
  listen(row, 'click', () => void open(), signal);
  listen(one(dialog, '[data-act="copy"]', HTMLButtonElement), 'click', () => void copyLink(field, said), signal);
  listen(one(dialog, '[data-close]', HTMLButtonElement), 'click', () => dialog.close(), signal);
  // A code that nobody sees any more is nobody's to photograph.
  listen(dialog, 'close', () => show(null), signal);
  signal.addEventListener('abort', () => {
    clearTimeout(expiry);
    if (dialog.open) dialog.close();
  }, { once: true });
}

/**
 * @param {SVGSVGElement} svg
 * @param {Link['picture']} picture
 */
function draw(svg, { side, d }) {
  svg.setAttribute('viewBox', `0 0 ${side} ${side}`);
  one(svg, 'path', SVGPathElement).setAttribute('d', d);
}
