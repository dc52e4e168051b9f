/**
 * A camera's picture that is black to the others until it is lifted: what flows over a warm path.
 *
 * A disabled track renders black (W3C mediacapture-main, 4.3.1) at the camera's own rate and size. So encoder,
 * congestion control and the other side's buffer have begun with the very picture that follows, and to enable
 * it takes no time; a sender that is given another track needs two or three frames to begin.
 */
export class Veil {
  #camera;

  /** @param {MediaStreamTrack} camera Stays as it is for everybody else, as for its own self-view. */
  constructor(camera) {
    this.#camera = camera;
    /** The track to send. */
    this.track = camera.clone();
    this.track.enabled = false;
  }

  /**
   * Show what is behind it, unless that is switched off or no longer what is to be seen.
   *
   * @param {MediaStreamTrack | null} wanted What the other side is to see.
   * @returns {boolean} Whether that is what is behind it.
   */
  lift(wanted) {
    const behind = wanted === this.#camera && this.track.readyState === 'live';
    this.track.enabled = behind && wanted.enabled;
    return behind;
  }

  /** Let go of the camera. */
  stop() {
    this.track.stop();
  }
}
