/**
 * Whether this tab is the one that has the call: a reload goes on in it, another tab of the same agent asks
 * before it takes the call over. Kept in the tab.
 */

const LETS_GO_WITHIN_MS = 1_000;

const key = () => `vap.place.${location.pathname}`;

/** @returns {boolean} */
function hasPlace() {
  try {
    return sessionStorage.getItem(key()) !== null;
  } catch {
    return false; // storage is closed in this browser: a reload asks as well
  }
}

/**
 * Whether this tab has the call, and is no duplicate of one that has: what a tab keeps is copied with it, what it
 * locks is not. A reload waits for its own page before to let go.
 */
export async function isOwnPlace() {
  if (!hasPlace() || !('locks' in navigator)) return hasPlace();
  const signal = AbortSignal.timeout(LETS_GO_WITHIN_MS);
  return navigator.locks.request(key(), { signal }, () => true).catch(() => false);
}

export function takePlace() {
  // Held until the page goes, or another tab takes it.
  const held = () => new Promise(() => undefined);
  if ('locks' in navigator) navigator.locks.request(key(), { steal: true }, held).catch(() => undefined);
  try {
    sessionStorage.setItem(key(), '1');
  } catch {
    // asked again next time
  }
}

export function losePlace() {
  try {
    sessionStorage.removeItem(key());
  } catch {
    // nothing was kept
  }
}
