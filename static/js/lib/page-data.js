/**
 * What the server put on the page for its module: data and, under `strings`, the words by catalogue key.
 *
 * @typedef {{ strings?: Record<string, string> } & Record<string, unknown>} PageData
 */

/** @type {PageData | undefined} */
let cached;

/**
 * Read the page's JSON (`<script type="application/json" id="page-data">`) once; `{}` if there is none.
 *
 * A page module narrows it: `const data = /** @type {RoomPageData} *\/ (pageData())`.
 *
 * @returns {PageData}
 */
export function pageData() {
  if (cached === undefined) {
    const element = document.getElementById('page-data');
    cached = /** @type {PageData} */ (JSON.parse(element?.textContent || '{}'));
  }
  return cached;
}

/** Name the zone in which this installation says times, whatever the device's own is. */
export function timeZone() {
  return String(pageData().timeZone);
}

/**
 * Know more words, which came after the page.
 *
 * @param {Record<string, string>} words
 */
export function addWords(words) {
  const data = pageData();
  data.strings = { ...data.strings, ...words };
}

/**
 * Look up a word of the page's catalogue and fill its `{name}` places; the key itself if it is missing.
 *
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function text(key, values = {}) {
  return fill(pageData().strings?.[key] ?? key, values);
}

/**
 * A name that keeps its own direction inside a sentence of another (Unicode's FSI and PDI).
 *
 * @param {string} name
 */
export function isolated(name) {
  return `\u2068${name}\u2069`;
}

/**
 * Replace `{name}` in a template by its value; a place without a value stays as it is.
 *
 * @param {string} template
 * @param {Record<string, string | number>} values
 */
export function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (place, name) => String(values[name] ?? place));
}
