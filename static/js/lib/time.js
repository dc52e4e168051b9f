const SECOND = 1_000;
const UNBROKEN = '\u00a0';

/**
 * Split a span into whole parts; a negative span counts as none.
 *
 * @param {number} ms
 */
export function splitDuration(ms) {
  const total = Math.max(0, Math.floor(ms / SECOND));
  return {
    days: Math.floor(total / 86_400),
    hours: Math.floor(total / 3_600) % 24,
    minutes: Math.floor(total / 60) % 60,
    seconds: total % 60,
  };
}

/**
 * Write a span as a clock in Latin digits: `4:05`, or `1:04:05` from an hour on.
 *
 * @param {number} ms
 */
export function clockText(ms) {
  const { days, hours, minutes, seconds } = splitDuration(ms);
  const allHours = days * 24 + hours;
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  return allHours ? `${allHours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/**
 * The locale tag for dates and numbers on our pages: Latin digits in both languages.
 *
 * @param {string} language 'ar' or 'en'.
 */
export function localeTag(language) {
  return language.startsWith('ar') ? 'ar-AE-u-nu-latn' : 'en-GB';
}

/**
 * Write a long span in words of the language, coarsest two parts: "2 days, 3 hours". Intl knows the plurals.
 *
 * @param {number} ms
 * @param {string} language
 */
export function spanText(ms, language) {
  const { days, hours, minutes, seconds } = splitDuration(ms);
  const parts = Object.entries({ day: days, hour: hours, minute: minutes, second: seconds });
  const first = parts.findIndex(([, amount]) => amount > 0);
  const chosen = first < 0 ? parts.slice(-1) : parts.slice(first, first + 2).filter(([, n]) => n > 0);
  const words = chosen.map(([unit, amount]) =>
    new Intl.NumberFormat(localeTag(language), { style: 'unit', unit, unitDisplay: 'long' }).format(amount),
  );
  return new Intl.ListFormat(localeTag(language), { type: 'unit' }).format(words);
}

/**
 * Write the time of day, e.g. `9:05 ص`.
 *
 * @param {number} at Milliseconds since 1970.
 * @param {string} language
 * @param {string} timeZone
 */
export function timeOfDay(at, language, timeZone) {
  return new Intl.DateTimeFormat(localeTag(language), {
    hour: 'numeric',
    minute: '2-digit',
    hour12: true,
    timeZone,
  }).format(at);
}

/**
 * Write two times of a day for "between … and …": half a day that both are in is said once, at the end, and
 * never begins a line of its own.
 *
 * @param {number} from Milliseconds since 1970.
 * @param {number} to
 * @param {string} language
 * @param {string} timeZone
 * @returns {{ start: string, end: string }}
 */
export function timeRange(from, to, language, timeZone) {
  const format = new Intl.DateTimeFormat(localeTag(language), {
    hour: 'numeric',
    minute: '2-digit',
    hour12: true,
    timeZone,
  });
  const half = (/** @type {number} */ at) =>
    format.formatToParts(at).find(({ type }) => type === 'dayPeriod')?.value;
  const whole = (/** @type {number} */ at) => format.format(at).replaceAll(' ', UNBROKEN);
  const end = whole(to);
  if (half(from) !== half(to)) return { start: whole(from), end };
  const parts = format.formatToParts(from).filter(({ type }) => type !== 'dayPeriod');
  return { start: parts.map(({ value }) => value).join('').trim(), end };
}

/**
 * Call `tick` now and at every turn of a second until `signal` aborts.
 *
 * @param {() => void} tick
 * @param {AbortSignal} signal
 */
export function everySecond(tick, signal) {
  if (signal.aborted) return;
  tick();
  const timer = setInterval(tick, SECOND);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}
