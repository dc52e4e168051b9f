/**
 * The waiting room's own part, loaded once somebody is in it: nothing of it is needed to be called in.
 *
 * @import { Call } from '../media/call.js'
 * @import { SignalingClient } from '../signaling/client.js'
 * @import { Outlook } from '../signaling/messages.js'
 */

/**
 * @param {Call} call
 * @param {SignalingClient} client The call's own line.
 * @param {() => void} ring
 * @param {AbortSignal} signal
 */
export function waitingRoom(call, client, ring, signal) {
  /** @type {Outlook | null} What came before there was somebody to show it. */
  let early = null;
  /** @type {(outlook: Outlook) => void} */
  let show = (outlook) => {
    early = outlook;
  };
  client.on('outlook', (outlook) => show(outlook), { signal });
  const start = async () => {
    const { WaitingRoom } = await import('./waiting-room.js');
    if (signal.aborted) return;
    const room = new WaitingRoom(call, ring, signal);
    room.start();
    show = (outlook) => room.outlook(outlook);
    if (early) show(early);
  };
  start().catch(() => undefined); // without it there is the page as it came, and the call
}
