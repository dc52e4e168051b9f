/**
 * One invited guest as a row: name, part, the link to give them, and the way to take it back.
 *
 * @typedef {{ id: string, participant: string, name: string, part: string, url: string | null }} InvitedGuest
 */
import { byId, listen, one, setText, setVisible } from '../lib/dom.js';
import { isolated, text } from '../lib/page-data.js';
import { copyLink } from './copy-link.js';

/**
 * @param {InvitedGuest} guest
 * @param {{ withdraw: (id: string) => void, signal: AbortSignal }} options
 */
export function guestRow({ id, name, part, url }, { withdraw, signal }) {
  const { content } = byId('invited-row', HTMLTemplateElement);
  const row = one(document.importNode(content, true), '*', HTMLElement);
  setText(one(row, '[data-slot="name"]', HTMLElement), name);
  setText(one(row, '[data-slot="part"]', HTMLElement), text(`say.guests.part.${part}`));
  const link = one(row, 'input', HTMLInputElement);
  link.value = url ?? '';
  link.setAttribute('aria-label', text('say.guests.link_of', { name: isolated(name) }));
  setVisible(link, url !== null);
  const copy = one(row, '[data-act="copy"]', HTMLButtonElement);
  const share = one(row, '[data-act="share"]', HTMLButtonElement);
  setVisible(copy, url !== null);
  setVisible(share, url !== null && 'share' in navigator);
  listen(copy, 'click', () => void copyLink(link, one(row, '[data-slot="copied"]', HTMLElement)), signal);
  // Whoever closes the list of apps has shared nothing, which is no fault.
  listen(share, 'click', () => void navigator.share({ text: text('say.guests.share_text'), url: url ?? '' }).catch(() => undefined), signal);
  listen(one(row, '[data-act="withdraw"]', HTMLButtonElement), 'click', () => withdraw(id), signal);
  return row;
}
