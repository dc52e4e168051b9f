/** At the device that stands by for a call: digits sent to the customer's own phone give it the place. */
import { byId, hide, listen, setText, show } from '../lib/dom.js';
import { HttpProblem, postJson } from '../lib/http.js';
import { isolated, text } from '../lib/page-data.js';
import { guestProblem } from './guest-problem.js';

let codeId = '';
let wired = false;

/** The message may take longer than a device may stand by: the form stays in sight, and the place is theirs. */
function wire() {
  const stopped = byId('section-stopped', HTMLElement);
  const form = byId('prove-form', HTMLFormElement);
  const card = form.parentElement;
  const follow = new MutationObserver(() => {
    if (card && !stopped.hidden) stopped.append(card);
  });
  follow.observe(stopped, { attributes: true, attributeFilter: ['hidden'] });
  listen(form, 'submit', (event) => {
    event.preventDefault();
    void attempt(async () => {
      await postJson('./seat', { id: codeId, digits: byId('prove-digits', HTMLInputElement).value });
      if (!stopped.hidden) location.reload();
    });
  });
}

/** Send the digits, and take them when they are typed. What comes of it is told over the line of the call. */
export async function proveByPhone() {
  if (!wired) wire();
  wired = true;
  await attempt(async () => {
    const sent = /** @type {{ id: string, phone: string | null }} */ (await postJson('./seat-code', {}));
    codeId = sent.id;
    setText(byId('prove-said', HTMLElement), text('say.hand_over.sent', { phone: isolated(sent.phone ?? '') }));
    hide(byId('prove-start', HTMLElement));
    show(byId('prove-form', HTMLElement));
    byId('prove-digits', HTMLInputElement).focus();
  });
}

/** @param {() => Promise<void>} run */
async function attempt(run) {
  const said = byId('prove-said', HTMLElement);
  setText(said, '');
  try {
    await run();
  } catch (error) {
    if (!(error instanceof HttpProblem)) throw error;
    setText(said, guestProblem(error));
  }
}
