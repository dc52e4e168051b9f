/**
 * A still picture of what a video shows now, as a track: sharp, since there is nothing else to spend on.
 *
 * @typedef {{ track: MediaStreamTrack, stop: () => void }} Still
 */

/** Often enough that nobody takes it for a broken line, and that whoever comes later sees it. */
const FRAMES_PER_SECOND = 2;

/**
 * @param {CanvasImageSource & { videoWidth: number, videoHeight: number }} video It shows something already.
 * @param {HTMLCanvasElement} canvas A new one.
 * @returns {Still | null} Null where the browser can't make one.
 */
export function still(video, canvas) {
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  const context = canvas.getContext('2d', { alpha: false });
  const track = canvas.captureStream?.(FRAMES_PER_SECOND).getVideoTracks()[0];
  if (!context || !track || !canvas.width) return null;
  context.drawImage(video, 0, 0);
  track.contentHint = 'detail';
  // A canvas delivers a frame only after it was drawn on.
  const timer = setInterval(() => context.drawImage(canvas, 0, 0), 1_000 / FRAMES_PER_SECOND);
  const stop = () => {
    clearInterval(timer);
    track.stop();
  };
  return { track, stop };
}
