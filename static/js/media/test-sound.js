/**
 * A sound to test a network with, made here and played to nobody: what the microphone hears never leaves the
 * device before a call.
 */

const PITCH_HZ = 440;
const PITCH_SWAY_HZ = 120;
const SWAYS_A_SECOND = 3;

/**
 * @typedef {object} TestSound
 * @property {MediaStreamTrack} track
 * @property {() => boolean} sounds Whether the browser has allowed it to begin; until then it is silence.
 * @property {(back: MediaStream) => () => number} listen To what came back; tells how loud it is now, 0 to 1.
 * @property {() => void} stop
 */

/**
 * Call it within a press: browsers start sound only on one.
 *
 * @param {AbortSignal} signal Ends it.
 * @returns {TestSound | null} Null where the browser can't make one.
 */
export function testSound(signal) {
  const context = new AudioContext();
  void context.resume();
  const tone = new OscillatorNode(context, { frequency: PITCH_HZ });
  const sway = new OscillatorNode(context, { frequency: SWAYS_A_SECOND });
  const depth = new GainNode(context, { gain: PITCH_SWAY_HZ });
  const out = context.createMediaStreamDestination();
  sway.connect(depth).connect(tone.frequency);
  tone.connect(new GainNode(context, { gain: 0.25 })).connect(out);
  tone.start();
  sway.start();
  const [track] = out.stream.getAudioTracks();
  const stop = () => {
    track?.stop();
    if (context.state !== 'closed') void context.close();
  };
  if (!track) {
    stop();
    return null;
  }
  signal.addEventListener('abort', stop, { once: true });
  return { track, sounds: () => context.state === 'running', listen: (back) => loudnessOf(context, back), stop };
}

/**
 * @param {AudioContext} context
 * @param {MediaStream} stream
 */
function loudnessOf(context, stream) {
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  return () => {
    analyser.getFloatTimeDomainData(samples);
    return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
  };
}
