import '../elements/clocks.js';
import '../elements/mic-meter.js';
import '../elements/video-tile.js';
import { byId, listen } from '../lib/dom.js';
import { getJson } from '../lib/http.js';
import { pageData } from '../lib/page-data.js';
import { Check } from './check.js';
import { DeviceCheck } from './device.js';
import { fillRequestCards } from './request-card.js';

const LOOK_EVERY_MS = 30_000;

const { opensInMs, statusUrl } = /** @type {{ opensInMs: number, statusUrl: string }} */ (pageData());

// Set from the time left: a phone's own clock may be wrong.
const countdown = byId('opens-in', HTMLElement);
listen(countdown, /** @type {any} */ ('vap-due'), () => location.reload());
countdown.setAttribute('to', String(Date.now() + opensInMs));

/** The appointment may be moved or called off while somebody waits for it: then this page is the wrong one. */
async function look() {
  if (document.hidden) return;
  const { visit } = await getJson(statusUrl).catch(() => ({ visit: 'early' }));
  if (visit !== 'early') location.reload();
}
setInterval(look, LOOK_EVERY_MS);
listen(document, 'visibilitychange', look);

fillRequestCards(new AbortController().signal);

let checking = new AbortController();

// Choosing how to talk is the one tap; choosing anew begins anew.
new DeviceCheck((device) => {
  checking.abort();
  checking = new AbortController();
  void new Check(device, checking.signal).run();
}, new AbortController().signal);

// A phone that slept through the countdown looks again on waking.
listen(window, 'pageshow', ({ persisted }) => persisted && location.reload());
