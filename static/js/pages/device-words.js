/**
 * Which words explain a media problem. Pure.
 *
 * @import { MediaProblem } from '../media/media-problem.js'
 *
 * @typedef {'video' | 'sound'} Way How somebody chose to talk.
 */

/**
 * @param {Pick<MediaProblem, 'kind' | 'device'>} problem
 * @param {'android' | 'iphone' | 'other'} browser
 * @returns {{ title: string, text: string }} Keys of the words.
 */
export function troubleWords({ kind, device }, browser) {
  const key = `say.device.trouble.${kind}`;
  if (kind === 'denied') return { title: key, text: `${key}.${browser}` };
  if (kind === 'missing') return { title: `${key}.${device}`, text: `${key}.text` };
  return { title: key, text: `${key}.text` };
}

/**
 * Whether sound alone may work where this failed: not when it was sound alone already, nor when it is not
 * about the camera at all.
 *
 * @param {Pick<MediaProblem, 'kind' | 'device'>} problem
 * @param {Way} way
 */
export function soundMayWork({ kind, device }, way) {
  return way === 'video' && kind !== 'insecure' && kind !== 'unsupported' && device !== 'microphone';
}
