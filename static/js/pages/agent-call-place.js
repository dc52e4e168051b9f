/**
 * Whether this tab is the one that has the call: a reload goes on in it, another tab of the same agent asks
 * before it takes the call over. Kept in the tab.
 */

const key = () => `vap.place.${location.pathname}`;

/** @returns {boolean} */
export function hasPlace() {
  try {
    return sessionStorage.getItem(key()) !== null;
  } catch {
    return false; // storage is closed in this browser: a reload asks as well
  }
}

export function takePlace() {
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
