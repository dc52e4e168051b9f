/**
 * The button that checks the connection as well, beside the preview. What it needs is loaded on the press, so
 * that the way into the call carries none of it.
 *
 * @import { DeviceCheck } from './device.js'
 */
import { byId, hide, listen, setVisible } from '../lib/dom.js';
import { lateStyle } from '../lib/late-style.js';

/**
 * @param {AbortSignal} signal
 * @returns {{ offer: (device: DeviceCheck) => void, stop: () => void }} `offer` shows the button once there is
 *   something to check; `stop` ends a check, as when the person goes on.
 */
export function checkButton(signal) {
  const button = byId('check-start', HTMLButtonElement);
  /** @type {DeviceCheck | null} */
  let offered = null;
  let running = new AbortController();
  const run = async () => {
    const device = offered;
    hide(button);
    lateStyle(button);
    running = new AbortController();
    const { Check } = await import('./check.js');
    if (device && !running.signal.aborted) await new Check(device, running.signal).run();
  };
  listen(button, 'click', () => void run(), signal);
  return {
    offer: (device) => {
      offered = device;
      running.abort();
      hide(byId('check', HTMLElement));
      setVisible(button, device.media !== null || device.failed);
    },
    stop: () => running.abort(),
  };
}
