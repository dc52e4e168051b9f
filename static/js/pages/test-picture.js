/**
 * A moving picture to test a network with, drawn here: the camera's never leaves the device before a call.
 */

const WIDTH = 320;
const HEIGHT = 180;
const FRAMES_PER_SECOND = 15;

/**
 * @param {AbortSignal} signal Ends it.
 * @returns {MediaStreamTrack | null} Null where the browser can't make one.
 */
export function testPicture(signal) {
  const canvas = document.createElement('canvas');
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const context = canvas.getContext('2d');
  // Every frame that is drawn: at a rate of its own Firefox misses a third of them.
  const track = canvas.captureStream?.().getVideoTracks()[0];
  if (!context || !track) return null;
  let frame = 0;
  const timer = setInterval(() => {
    frame += 1;
    for (let x = 0; x < WIDTH; x += 20) {
      context.fillStyle = `hsl(${(x + frame * 9) % 360} 60% ${40 + ((x * frame) % 30)}%)`;
      context.fillRect(x, 0, 20, HEIGHT);
    }
  }, 1_000 / FRAMES_PER_SECOND);
  const end = () => {
    clearInterval(timer);
    track.stop();
  };
  signal.addEventListener('abort', end, { once: true });
  return track;
}
