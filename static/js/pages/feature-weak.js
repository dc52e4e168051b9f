/**
 * Has one's own picture give way while a path is too weak for it, each path by itself.
 *
 * @import { Call } from '../media/call.js'
 * @import { Standing } from '../media/degrade.js'
 * @import { Peer } from '../media/peer.js'
 * @import { Surroundings } from './call-features.js'
 */
import { limitsOf, next, standing, stepAt } from '../media/degrade.js';
import { toReading } from '../media/path-reading.js';

const EVERY_MS = 2_000;

/**
 * @param {Call} call
 * @param {Surroundings} surroundings
 */
export function start(call, { signal }) {
  /** @type {WeakMap<Peer, Standing>} */
  const standings = new WeakMap();
  let shows = call.state.instead?.shows;

  /** @param {Peer} peer */
  const look = async (peer) => {
    const report = await peer.stats();
    const before = standings.get(peer) ?? standing(performance.now());
    if (!report) return before;
    const now = next(before, toReading(report, performance.now()));
    standings.set(peer, now);
    if (now.step !== before.step) await peer.limit(limitsOf(now.step, shows !== undefined));
    return now;
  };
  const round = async () => {
    const all = await Promise.all([...call.paths.values()].map(look));
    const worst = Math.max(0, ...all.map(({ step }) => step));
    if (signal.aborted) return;
    call.setWeak(worst === 0 ? 'no' : stepAt(worst).name === 'sound' ? 'paused' : 'smaller');
  };
  const timer = setInterval(() => void round(), EVERY_MS);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });

  return () => {
    const before = shows;
    shows = call.state.instead?.shows;
    if (shows === before) return;
    for (const peer of call.paths.values()) {
      const step = standings.get(peer)?.step ?? 0;
      void peer.limit(limitsOf(step, shows !== undefined));
    }
  };
}
