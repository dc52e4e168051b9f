import '../elements/mic-meter.js';
import '../elements/video-tile.js';
import { Check } from './check.js';
import { DeviceCheck } from './device.js';

let running = new AbortController();

// Choosing how to talk is the one tap; choosing anew begins anew.
new DeviceCheck((device) => {
  running.abort();
  running = new AbortController();
  void new Check(device, running.signal).run();
}, new AbortController().signal);
