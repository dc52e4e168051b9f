/** The agent's dialog of invitations: guests by a link, colleagues by their account, and who is invited already. */
import { byId, listen, one, setText, setVisible } from '../lib/dom.js';
import { getJson, HttpProblem, postJson, putJson, remove } from '../lib/http.js';
import { text } from '../lib/page-data.js';
import { guestRow } from './guest-rows.js';
import { guestProblem } from './guest-problem.js';

/**
 * @import { InvitedGuest } from './guest-rows.js'
 *
 * @typedef {{ id: string, name: string, asked: 'colleague' | 'supervisor' | null }} Colleague
 * @typedef {{ guests: InvitedGuest[], most: number, colleagues: Colleague[] }} Invitations
 */

let wired = false;

/**
 * Open the dialog.
 *
 * @param {AbortSignal} signal
 */
export async function openInvite(signal) {
  const dialog = byId('invite-dialog', HTMLDialogElement);
  if (!wired) wire(dialog, signal);
  wired = true;
  dialog.showModal();
  await refresh(dialog, signal);
}

/** @param {HTMLDialogElement} dialog */
function base(dialog) {
  return dialog.dataset['base'] ?? '';
}

/**
 * @param {HTMLDialogElement} dialog
 * @param {AbortSignal} signal
 */
function wire(dialog, signal) {
  const form = one(dialog, 'form[data-invite]', HTMLFormElement);
  listen(form, 'submit', (event) => {
    event.preventDefault();
    void sendForm(dialog, form, signal);
  }, signal);
  listen(byId('ask-colleague', HTMLButtonElement), 'click', () => {
    const id = byId('colleague', HTMLSelectElement).value;
    const part = byId('colleague-part', HTMLSelectElement).value;
    if (id) void act(dialog, signal, () => putJson(`${base(dialog)}/colleagues/${id}`, { part }));
  }, signal);
  listen(one(dialog, '[data-close]', HTMLButtonElement), 'click', () => dialog.close(), signal);
}

/**
 * @param {HTMLDialogElement} dialog
 * @param {HTMLFormElement} form
 * @param {AbortSignal} signal
 */
async function sendForm(dialog, form, signal) {
  const fields = new FormData(form);
  const body = Object.fromEntries(['name', 'part', 'contact'].map((name) => [name, String(fields.get(name) ?? '')]));
  const done = await act(dialog, signal, () => postJson(`${base(dialog)}/guests`, body));
  if (done) form.reset();
}

/**
 * Do something and show the lists anew; say in words why it was refused.
 *
 * @param {HTMLDialogElement} dialog
 * @param {AbortSignal} signal
 * @param {() => Promise<unknown>} run
 */
async function act(dialog, signal, run) {
  const problem = byId('invite-problem', HTMLElement);
  setVisible(problem, false);
  try {
    await run();
    await refresh(dialog, signal);
    return true;
  } catch (error) {
    if (!(error instanceof HttpProblem)) throw error;
    setText(problem, guestProblem(error));
    setVisible(problem, true);
    return false;
  }
}

/**
 * @param {HTMLDialogElement} dialog
 * @param {AbortSignal} signal
 */
async function refresh(dialog, signal) {
  const found = /** @type {Invitations} */ (await getJson(`${base(dialog)}/guests.json`, { signal }));
  const withdraw = (/** @type {string} */ id) => void act(dialog, signal, () => remove(`${base(dialog)}/guests/${id}`));
  byId('invited', HTMLElement).replaceChildren(...found.guests.map((guest) => guestRow(guest, { withdraw, signal })));
  const select = byId('colleague', HTMLSelectElement);
  const free = found.colleagues.filter(({ asked }) => asked === null);
  select.replaceChildren(...free.map(({ id, name }) => new Option(name, id)));
  setVisible(byId('colleagues', HTMLElement), found.colleagues.length > 0);
  byId('ask-colleague', HTMLButtonElement).disabled = free.length === 0;
  const askedRows = found.colleagues.filter(({ asked }) => asked !== null).map((each) => askedRow(each, dialog, signal));
  byId('asked', HTMLElement).replaceChildren(...askedRows);
}

/**
 * @param {Colleague} colleague
 * @param {HTMLDialogElement} dialog
 * @param {AbortSignal} signal
 */
function askedRow({ id, name, asked }, dialog, signal) {
  const { content } = byId('asked-row', HTMLTemplateElement);
  const row = one(document.importNode(content, true), '*', HTMLElement);
  setText(one(row, '[data-slot="name"]', HTMLElement), name);
  setText(one(row, '[data-slot="part"]', HTMLElement), text(`say.guests.part.${asked}`));
  listen(one(row, 'button', HTMLButtonElement), 'click', () =>
    void act(dialog, signal, () => remove(`${base(dialog)}/colleagues/${id}`)), signal);
  return row;
}
