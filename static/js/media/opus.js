/**
 * How this side would like to be spoken to. RFC 7587, 6.1: these are what a receiver asks for, so they are put
 * into the description that goes to the other side, and the browser's own stays as it made it (W3C webrtc-pc,
 * 4.4.1.5, forbids to set a changed one).
 *
 * `useinbandfec`: a lost packet is mended out of the next one. `usedtx`: silence costs next to nothing.
 * `maxaveragebitrate`: 24 kbit/s is full speech, and on a weak line all that is left is the picture's.
 */
const WANTED = { useinbandfec: '1', usedtx: '1', maxaveragebitrate: '24000' };

/**
 * @param {string} sdp
 * @returns {string} The same, asking for speech that bears loss.
 */
export function speech(sdp) {
  const payload = /^a=rtpmap:(\d+) opus\/48000/im.exec(sdp)?.[1];
  if (payload === undefined) return sdp;
  const line = new RegExp(`^(a=fmtp:${payload} )([^\\r\\n]*)`, 'm');
  if (line.test(sdp)) return sdp.replace(line, (_, start, present) => start + merged(present));
  return sdp.replace(/^a=rtpmap:\d+ opus\/48000[^\r\n]*/im, (map) => `${map}\r\na=fmtp:${payload} ${merged('')}`);
}

/** @param {string} present `name=value` pairs, separated by semicolons. */
function merged(present) {
  const pairs = present.split(';').map((pair) => pair.trim()).filter(Boolean);
  const others = pairs.filter((pair) => !((pair.split('=')[0] ?? '') in WANTED));
  return [...others, ...Object.entries(WANTED).map(([name, value]) => `${name}=${value}`)].join(';');
}
