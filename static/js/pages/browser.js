/**
 * What a browser is and can do, told from what it says of itself. Pure: everything comes as an argument.
 */

// Apps that show links in a view of their own, where the camera is often out of reach.
const IN_APP = /\b(FBAN|FBAV|FB_IAB|Instagram|Line\/|Twitter|Snapchat|TikTok|musical_ly|LinkedInApp|WhatsApp)|; wv\)/;

/**
 * Tell whose steps to show when the camera is blocked.
 *
 * @param {{ userAgent: string, maxTouchPoints?: number }} navigator
 * @returns {'android' | 'iphone' | 'other'}
 */
export function browserKind({ userAgent, maxTouchPoints = 0 }) {
  if (/Android/.test(userAgent)) return 'android';
  // An iPad says it is a Mac; no Mac has a touch screen.
  if (/iPhone|iPad|iPod/.test(userAgent) || (/Macintosh/.test(userAgent) && maxTouchPoints > 1)) return 'iphone';
  return 'other';
}

/**
 * Whether the page stands inside another app's own view.
 *
 * @param {string} userAgent
 */
export function isInApp(userAgent) {
  return IN_APP.test(userAgent);
}

/**
 * Whether a call is possible at all. Without a secure context `mediaDevices` is absent everywhere, which is
 * the link's fault and not the browser's: it is told apart when the camera is asked for.
 *
 * @param {{ RTCPeerConnection?: unknown, WebSocket?: unknown, isSecureContext?: boolean,
 *   navigator: { mediaDevices?: unknown } }} surroundings
 */
export function canCall({ RTCPeerConnection, WebSocket, isSecureContext, navigator }) {
  return Boolean(RTCPeerConnection && WebSocket && (navigator.mediaDevices || !isSecureContext));
}

/**
 * Where Android opens a link in Chrome, and where it has none, in whatever browser there is.
 *
 * @param {string} url
 */
export function chromeIntent(url) {
  const { protocol, host, pathname } = new URL(url);
  const scheme = protocol.slice(0, -1);
  return `intent://${host}${pathname}#Intent;scheme=${scheme};package=com.android.chrome;S.browser_fallback_url=${encodeURIComponent(url)};end`;
}
