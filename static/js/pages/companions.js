/** The customer's dialog of companions: whom they have invited, and one more. */
import { byId, listen, one, setText, setVisible } from '../lib/dom.js';
import { getJson, HttpProblem, postJson, remove } from '../lib/http.js';
import { lateStyle } from '../lib/late-style.js';
import { fetchCallParts } from './call-parts.js';
import { guestProblem } from './guest-problem.js';
import { guestRow } from './guest-rows.js';

/** @import { InvitedGuest } from './guest-rows.js' */

const life = new AbortController();
/** @type {HTMLDialogElement | null} */
let dialog = null;

/** Open the dialog, and show who is invited. */
export async function openCompanions() {
  await fetchCallParts();
  dialog ??= wire();
  dialog.showModal();
  await attempt(refresh);
}

function wire() {
  const made = byId('companions-dialog', HTMLDialogElement);
  lateStyle(made);
  const form = one(made, 'form', HTMLFormElement);
  listen(form, 'submit', (event) => {
    event.preventDefault();
    const name = one(form, 'input', HTMLInputElement);
    void attempt(async () => {
      await postJson('./guests', { name: name.value });
      name.value = '';
      await refresh();
    });
  }, life.signal);
  listen(one(made, '[data-close]', HTMLButtonElement), 'click', () => made.close(), life.signal);
  return made;
}

async function refresh() {
  const found = /** @type {{ guests: InvitedGuest[], most: number }} */ (await getJson('./guests.json'));
  const withdraw = (/** @type {string} */ id) => void attempt(async () => {
    await remove(`./guests/${id}`);
    await refresh();
  });
  const rows = found.guests.map((guest) => guestRow(guest, { withdraw, signal: life.signal }));
  byId('companions', HTMLElement).replaceChildren(...rows);
}

/**
 * Do something; say in words why it was refused.
 *
 * @param {() => Promise<void>} run
 */
async function attempt(run) {
  const problem = byId('companions-problem', HTMLElement);
  setVisible(problem, false);
  try {
    await run();
  } catch (error) {
    if (!(error instanceof HttpProblem)) throw error;
    setText(problem, guestProblem(error));
    setVisible(problem, true);
  }
}
