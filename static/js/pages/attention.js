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

/** A bell of two tones for being called, without a file to load. */
export class Bell {
  /** @type {AudioContext | undefined} */
  #context;

  /** Get ready within a press: browsers start sound only on one. */
  arm() {
    this.#context ??= new AudioContext();
    void this.#context.resume();
  }

  /** Ring once; silent where the browser has not allowed sound. */
  ring() {
    const context = this.#context;
    if (!context || context.state !== 'running') return;
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
    navigator.vibrate?.([200, 100, 200]);
  }
}
