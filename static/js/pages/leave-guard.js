/**
 * Keep Android's Back from dropping a call: an extra history entry takes the press, and `ask` decides.
 * The guard stands until `signal` aborts; the entry it added stays, as going back itself is what it prevents.
 *
 * @param {() => Promise<boolean>} ask Whether to leave; resolves false to stay.
 * @param {() => void} leave
 * @param {AbortSignal} signal
 */
export function guardBack(ask, leave, signal) {
  const stand = () => history.pushState({ guard: true }, '');
  let asking = false;
  // A reload keeps the entry: a second one would need a second press.
  if (!history.state?.guard) stand();
  addEventListener(
    'popstate',
    async () => {
      stand();
      if (asking) return;
      asking = true;
      const leaving = await ask();
      asking = false;
      if (leaving) leave();
    },
    { signal },
  );
}

/**
 * Open the dialog and wait for the answer. Escape and Back mean staying.
 *
 * @param {HTMLDialogElement} dialog Its form's buttons carry the values `stay` and `leave`.
 * @returns {Promise<boolean>}
 */
export function asked(dialog) {
  return new Promise((resolve) => {
    dialog.returnValue = 'stay';
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'leave'), { once: true });
    dialog.showModal();
  });
}
