/**
 * What is in the hand or on the desk, as coarsely as it helps whoever looks into a weak connection. Pure.
 *
 * @param {{ userAgent: string, maxTouchPoints?: number }} navigator
 * @returns {'phone' | 'tablet' | 'desktop'}
 */
export function deviceKind({ userAgent, maxTouchPoints = 0 }) {
  if (/iPad/.test(userAgent) || (/Macintosh/.test(userAgent) && maxTouchPoints > 1)) return 'tablet';
  if (/Android/.test(userAgent)) return /Mobile/.test(userAgent) ? 'phone' : 'tablet';
  return /iPhone|iPod|Mobile/.test(userAgent) ? 'phone' : 'desktop';
}
