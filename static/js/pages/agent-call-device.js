/** The question whether the customer's call may go on at another device, for when their first one is silent. */
import { byId, listen, setVisible } from '../lib/dom.js';
import { mayConfirmDevice, SILENT_MS } from './agent-stage.js';

/** @import { ParticipantView } from '../signaling/messages.js' */

/**
 * @param {(allow: boolean) => void} answer
 * @param {AbortSignal} signal
 * @returns {(customer: ParticipantView | null) => void} To be called with what is known of the customer now.
 */
export function deviceQuestion(answer, signal) {
  const box = byId('device-question', HTMLElement);
  /** @type {number | null} */
  let askedAt = null;
  /** @type {ParticipantView | null} */
  let customer = null;
  const show = () => setVisible(box, mayConfirmDevice(customer, askedAt === null ? 0 : Date.now() - askedAt));
  listen(byId('device-allow', HTMLButtonElement), 'click', () => answer(true), signal);
  listen(byId('device-refuse', HTMLButtonElement), 'click', () => answer(false), signal);
  return (now) => {
    customer = now;
    if (!now?.deviceAsks) askedAt = null;
    else if (askedAt === null) {
      askedAt = Date.now();
      setTimeout(show, SILENT_MS);
    }
    show();
  };
}
