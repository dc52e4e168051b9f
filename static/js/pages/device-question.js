import { listen } from '../lib/dom.js';

/** @import { Call } from '../media/call.js' */

const WITHDRAWN = 'withdrawn';

/**
 * Ask whether the call may go on at another device, for as long as that device asks.
 *
 * @param {HTMLDialogElement} dialog Its form's buttons carry the values `stay` and `move`; Escape means staying.
 * @param {Call} call
 * @param {AbortSignal} signal
 * @returns {(asked: boolean) => void} To be called with whether another device asks now.
 */
export function deviceQuestion(dialog, call, signal) {
  const answer = () => {
    const { self } = call.state;
    if (!self || dialog.returnValue === WITHDRAWN) return;
    // Refused: the other device went away meanwhile, or the official has answered.
    call.answerDevice(self.id, dialog.returnValue === 'move').catch(() => undefined);
  };
  listen(dialog, 'close', answer, signal);
  let asking = false;
  return (asked) => {
    if (asked === asking) return;
    asking = asked;
    if (asked) {
      dialog.returnValue = '';
      if (!dialog.open) dialog.showModal();
    } else if (dialog.open) {
      dialog.close(WITHDRAWN);
    }
  };
}
