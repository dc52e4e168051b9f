import { setText } from '../lib/dom.js';
import { text } from '../lib/page-data.js';

/**
 * Copy the link that a field shows; where there is no clipboard it is selected, to be copied by hand.
 *
 * @param {HTMLInputElement} field
 * @param {HTMLElement} said A live region, told how it went; `data-done` has words of its own for success.
 */
export async function copyLink(field, said) {
  try {
    await navigator.clipboard.writeText(field.value);
    setText(said, said.dataset['done'] ?? text('say.guests.copied'));
  } catch {
    field.focus();
    field.select();
    setText(said, text('say.guests.copy_by_hand'));
  }
}
