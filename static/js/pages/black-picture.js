/** @import { Black } from '../media/mesh.js' */

const FRAMES_PER_SECOND = 5;

/**
 * Make a picture that shows nothing, in the size of a face's: what keeps a connection warm before the admit.
 *
 * @returns {Black | null} Null where the browser can't make one; the connection is made all the same then.
 */
export function blackPicture() {
  const canvas = document.createElement('canvas');
  canvas.width = 640;
  canvas.height = 360;
  const context = canvas.getContext('2d', { alpha: false });
  const track = canvas.captureStream?.(FRAMES_PER_SECOND).getVideoTracks()[0];
  if (!context || !track) return null;
  // A canvas delivers a frame only after it was drawn on.
  const timer = setInterval(() => context.fillRect(0, 0, canvas.width, canvas.height), 1_000 / FRAMES_PER_SECOND);
  const stop = () => {
    clearInterval(timer);
    track.stop();
  };
  return { track, stop };
}
