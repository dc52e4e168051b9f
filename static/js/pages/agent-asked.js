/** What colleagues ask this agent to join, on the console: who asks, as what, the way there, and "I can't". */
import { byId, listen, make, one, setText } from '../lib/dom.js';
import { HttpProblem, remove } from '../lib/http.js';
import { text } from '../lib/page-data.js';

/** @import { AskedRow } from './agent-board.js' */

/**
 * @param {HTMLElement} element
 * @param {AskedRow} row
 * @param {() => void} changed Called when it was declined.
 */
export function fillAsked(element, row, changed) {
  setText(one(element, '[data-slot="words"]', HTMLElement), row.text);
  setText(one(element, '[data-slot="customer"]', HTMLElement), row.customer);
  setText(one(element, '[data-slot="service"]', HTMLElement), row.service);
  const open = one(element, '[data-slot="open"]', HTMLAnchorElement);
  open.href = row.url;
  open.setAttribute('aria-label', text('agent.board.asked_open', { name: row.customer }));
  const decline = one(element, '[data-slot="decline"]', HTMLButtonElement);
  decline.setAttribute('aria-label', text('agent.board.asked_decline', { name: row.customer }));
  if (decline.dataset['wired']) return;
  decline.dataset['wired'] = 'yes';
  listen(decline, 'click', async () => {
    decline.disabled = true;
    try {
      await remove(row.declineUrl);
    } catch (error) {
      if (!(error instanceof HttpProblem)) throw error;
      decline.disabled = false; // it stays, and can be pressed again
    }
    changed();
  });
}

/**
 * Say what is newly asked.
 *
 * @param {readonly AskedRow[]} rows
 */
export function sayAsked(rows) {
  byId('asked-said', HTMLElement).replaceChildren(...rows.map((row) => make('span', '', `${row.text} ${row.customer}. `)));
}
