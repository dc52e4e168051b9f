/**
 * Keep the screen awake until `signal` aborts, where the browser can. A lock ends with the page's being
 * hidden, so it is asked for again at every return.
 *
 * @param {AbortSignal} signal
 */
export function stayAwake(signal) {
  if (!('wakeLock' in navigator)) return;
  /** @type {WakeLockSentinel | undefined} */
  let lock;
  const hold = async () => {
    if (document.hidden || signal.aborted) return;
    try {
      lock = await navigator.wakeLock.request('screen');
      if (signal.aborted) await lock.release();
    } catch {
      // battery saver: the page says to stay, that must do
    }
  };
  document.addEventListener('visibilitychange', hold, { signal });
  signal.addEventListener('abort', () => void lock?.release(), { once: true });
  void hold();
}

/** What has not begun by then is not allowed to. */
const STARTS_WITHIN_MS = 500;

/** A bell of two tones for being called, without a file to load. */
export class Bell {
  /** @type {AudioContext | undefined} */
  #context;

  /** Get ready within a press: browsers start sound only on one. */
  arm() {
    this.#context ??= new AudioContext();
    void this.#context.resume();
  }

  /** Ring once; where the browser has not allowed sound, a phone still shakes. */
  async ring() {
    if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.([200, 100, 200]);
    const context = (this.#context ??= new AudioContext());
    if (context.state !== 'running') await startsSoon(context);
    if (context.state !== 'running') return;
    for (const [index, pitch] of [660, 880].entries()) {
      const start = context.currentTime + index * 0.28;
      const tone = context.createOscillator();
      const loudness = context.createGain();
      tone.frequency.value = pitch;
      loudness.gain.setValueAtTime(0.0001, start);
      loudness.gain.exponentialRampToValueAtTime(0.25, start + 0.04);
      loudness.gain.exponentialRampToValueAtTime(0.0001, start + 0.6);
      tone.connect(loudness).connect(context.destination);
      tone.start(start);
      tone.stop(start + 0.65);
    }
  }
}

/**
 * Have a context go on that the system stopped, as phones do for a call of their own. Not for long: a bell that
 * rings minutes later, at the first touch, calls nobody.
 *
 * @param {AudioContext} context
 * @returns {Promise<void>}
 */
function startsSoon(context) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, STARTS_WITHIN_MS);
    const settled = () => {
      clearTimeout(timer);
      resolve();
    };
    context.resume().then(settled, settled);
  });
}
