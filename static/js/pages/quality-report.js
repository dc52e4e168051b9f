import { HttpProblem, postJson } from '../lib/http.js';
import { QualityMonitor } from '../media/quality.js';
import { deviceKind } from './device-kind.js';

/**
 * @import { Measurable } from '../media/quality.js'
 *
 * @typedef {object} Report
 * @property {string} url
 * @property {() => Measurable | undefined} path To the other side; none while no media is to flow.
 * @property {() => boolean} picture Whether the other side's picture should move: one that is off is no fault.
 * @property {(answer: any) => void} [told] Gets the server's answer; null while nobody talks.
 * @property {AbortSignal} signal
 */

const EVERY_MS = 10_000;

/**
 * Tell the server how the call is, now and every ten seconds while there is one. A report that doesn't get
 * through is no matter: the next one follows.
 *
 * @param {Report} report
 */
export function reportQuality({ url, path, picture, told = () => undefined, signal }) {
  const device = deviceKind(navigator);
  const monitor = new QualityMonitor(path);
  const report = async () => {
    const sample = await monitor.sample();
    if (!sample) return told(null);
    const seen = picture() ? {} : { frames_per_second: null, freezes: null };
    try {
      told(await postJson(url, { device, ...sample, ...seen }, { signal }));
    } catch (error) {
      if (!(error instanceof HttpProblem) && !signal.aborted) throw error;
    }
  };
  if (signal.aborted) return;
  void report();
  const timer = setInterval(report, EVERY_MS);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}
