/**
 * Whether the system has taken a device away from the page, as phones do for a call and as a cable does that is
 * pulled out: nothing comes from it, though it was not turned off here.
 *
 * @param {MediaStreamTrack | null | undefined} track
 */
export function isTaken(track) {
  return track?.readyState === 'ended' || (track?.muted === true && track.enabled);
}
