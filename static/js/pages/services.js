import { byId, listen, setText } from '../lib/dom.js';

const PAUSE_MS = 250;
/** How long somebody has to pause before what they typed counts as looked for in vain. */
const SETTLED_MS = 2000;

const form = byId('search-form', HTMLFormElement);
const input = byId('q', HTMLInputElement);
const results = byId('results', HTMLElement);
const found = byId('found', HTMLElement);

let asking = new AbortController();
let shown = input.value.trim();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/**
 * @param {string} query
 * @param {boolean} typing Whether more may follow: then nothing is counted.
 */
function address(query, typing) {
  const parts = new URLSearchParams(query ? { q: query } : {});
  if (query && typing) parts.set('typing', '1');
  return `/services${parts.size ? '?' : ''}${parts}`;
}

/**
 * Show what the server finds: its own page's results, which are escaped and in the reader's language.
 *
 * @param {string} query
 */
async function look(query) {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  results.setAttribute('aria-busy', 'true');
  try {
    const response = await fetch(address(query, true), { signal });
    if (!response.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    const fresh = page.getElementById('results');
    if (signal.aborted || !fresh) return;
    results.replaceChildren(...fresh.childNodes);
    results.dataset['whole'] = fresh.dataset['whole'] ?? 'yes';
    setText(found, page.getElementById('found')?.textContent ?? '');
    shown = query;
    history.replaceState(null, '', address(query, false));
    if (results.dataset['whole'] === 'no') timer = setTimeout(() => tell(query), SETTLED_MS);
  } catch {
    // The network failed or more was typed; the form still works.
  } finally {
    if (!signal.aborted) results.removeAttribute('aria-busy');
  }
}

/** @param {string} query Let the server count what was looked for in vain. */
function tell(query) {
  fetch(address(query, false)).catch(() => undefined);
}

listen(input, 'input', () => {
  clearTimeout(timer);
  const query = input.value.trim();
  if (query !== shown) timer = setTimeout(() => look(query), PAUSE_MS);
});

listen(form, 'submit', () => {
  clearTimeout(timer);
  asking.abort();
});
