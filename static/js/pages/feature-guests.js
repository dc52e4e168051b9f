/**
 * The customer's companions: the row in the menu, and the dialog behind it. An official has `feature-people.js`.
 *
 * @import { Call } from '../media/call.js'
 * @import { Surroundings } from './call-features.js'
 */
import { listen, setVisible } from '../lib/dom.js';
import { openCompanions } from './companions.js';

/**
 * @param {Call} _call
 * @param {Surroundings} surroundings
 */
export function start(_call, { signal }) {
  const row = document.getElementById('open-companions');
  if (!row) return; // a guest invites nobody
  setVisible(row, true);
  listen(row, 'click', () => void openCompanions(), signal);
}
