/**
 * Why a camera or microphone could not be opened, in kinds that a page has words for.
 *
 * @typedef {'denied' | 'dismissed' | 'missing' | 'busy' | 'insecure' | 'unsupported' | 'unknown'} ProblemKind
 *   denied: the person, the browser's settings or the system said no. dismissed: the question was closed
 *   without an answer, so asking again helps. busy: another program holds the device.
 *
 * @typedef {'camera' | 'microphone' | 'both'} ProblemDevice Which device it is about, as far as known.
 *
 * @import { Surroundings } from './local-media.js'
 */

export class MediaProblem {
  /**
   * @param {ProblemKind} kind
   * @param {ProblemDevice} device
   * @param {string} [cause] The browser's own name of the error, for the log.
   */
  constructor(kind, device, cause = '') {
    this.kind = kind;
    this.device = device;
    this.cause = cause;
  }
}

/**
 * The names of W3C Media Capture and Streams 10.3.5, and older ones that browsers have used.
 *
 * @type {Record<string, ProblemKind | undefined>}
 */
const KINDS = {
  NotAllowedError: 'denied',
  PermissionDeniedError: 'denied',
  PermissionDismissedError: 'dismissed',
  NotFoundError: 'missing',
  DevicesNotFoundError: 'missing',
  OverconstrainedError: 'missing',
  NotReadableError: 'busy',
  TrackStartError: 'busy',
  AbortError: 'busy',
  SecurityError: 'insecure',
  NotSupportedError: 'unsupported',
};

/**
 * Work out what a rejected getUserMedia means.
 *
 * @param {unknown} error
 * @param {{ audio: boolean, video: boolean }} wanted
 * @param {Surroundings} surroundings
 * @returns {Promise<MediaProblem>}
 */
export async function explain(error, { audio, video }, { devices, permissions }) {
  const { name = '', message = '' } = /** @type {{ name?: string, message?: string }} */ (error ?? {});
  const kind = KINDS[name] ?? 'unknown';
  const wanted = audio && video ? 'both' : video ? 'camera' : 'microphone';
  if (kind === 'denied' && (await wasDismissed(message, video, permissions))) {
    return new MediaProblem('dismissed', wanted, name);
  }
  if (kind === 'missing') {
    const present = await kindsPresent(devices);
    const noCamera = video && !present.has('videoinput');
    const noMicrophone = audio && !present.has('audioinput');
    if (noCamera !== noMicrophone) {
      return new MediaProblem('missing', noCamera ? 'camera' : 'microphone', name);
    }
  }
  return new MediaProblem(kind, wanted, name);
}

/**
 * Browsers reject a closed question like a refusal; only the permission's state tells them apart.
 *
 * @param {string} message
 * @param {boolean} video
 * @param {Surroundings['permissions']} permissions
 */
async function wasDismissed(message, video, permissions) {
  if (/dismiss/i.test(message)) return true;
  if (/system/i.test(message)) return false; // the browser may ask, but the system refuses
  try {
    const name = /** @type {PermissionName} */ (video ? 'camera' : 'microphone');
    return (await permissions?.query({ name }))?.state === 'prompt';
  } catch {
    return false; // a browser that doesn't know this permission
  }
}

/** @param {Surroundings['devices']} devices */
async function kindsPresent(devices) {
  const list = (await devices?.enumerateDevices().catch(() => [])) ?? [];
  return new Set(list.map((device) => device.kind));
}
