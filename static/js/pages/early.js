import '../elements/clocks.js';
import '../elements/mic-meter.js';
import '../elements/video-tile.js';
import { byId, listen } from '../lib/dom.js';
import { pageData } from '../lib/page-data.js';
import { DeviceCheck } from './device.js';

const { opensInMs } = /** @type {{ opensInMs: number }} */ (pageData());

// Set from the time left: a phone's own clock may be wrong.
const countdown = byId('opens-in', HTMLElement);
listen(countdown, /** @type {any} */ ('vap-due'), () => location.reload());
countdown.setAttribute('to', String(Date.now() + opensInMs));

new DeviceCheck(() => undefined, new AbortController().signal);

// A phone that slept through the countdown looks again on waking.
listen(window, 'pageshow', ({ persisted }) => persisted && location.reload());
