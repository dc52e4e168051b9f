import { byId, listen, setText, setVisible } from '../lib/dom.js';
import { HttpProblem, postJson } from '../lib/http.js';
import { text } from '../lib/page-data.js';

/** On the list of attachments; its `detail` is the address of the file that was taken back. */
export const WITHDRAWN = 'vap-withdrawn';

/**
 * Take files back from the list beside the call without leaving the page, which would end the call here.
 *
 * @param {AbortSignal} signal
 */
export function withdrawals(signal) {
  const list = byId('attachments-list', HTMLElement);
  const problem = byId('attachments-problem', HTMLElement);
  listen(list, 'submit', async (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement)) return;
    event.preventDefault();
    setVisible(problem, false);
    const button = form.querySelector('button');
    button?.toggleAttribute('disabled', true);
    try {
      await postJson(form.action, {}, { signal });
    } catch (error) {
      if (!(error instanceof HttpProblem)) throw error;
      button?.toggleAttribute('disabled', false);
      setText(problem, text('say.files.withdraw_failed'));
      setVisible(problem, true);
      button?.focus();
      return;
    }
    const row = form.closest('li');
    if (row) setText(row, text('say.files.withdrawn_now'));
    byId('attachments-heading', HTMLElement).focus(); // what was pressed is gone
    const url = form.getAttribute('action')?.replace(/\/withdraw$/, '') ?? '';
    list.dispatchEvent(new CustomEvent(WITHDRAWN, { detail: url }));
  }, signal);
}
