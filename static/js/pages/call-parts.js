import { byId, one } from '../lib/dom.js';
import { addWords } from '../lib/page-data.js';

/** @type {Promise<void> | null} */
let fetching = null;

/**
 * Have the part of the page that only a call needs, and its words: the menu in the call, the dialogs beside it.
 * Fetched once; after a failure it can be tried again. The agent's page came with them.
 *
 * @throws {Error} The server can't be reached, or has nothing for this page any more.
 */
export function fetchCallParts() {
  fetching ??= fetchOnce().catch((error) => {
    fetching = null;
    throw error;
  });
  return fetching;
}

async function fetchOnce() {
  const place = document.getElementById('call-parts');
  if (!place) return;
  const response = await fetch(place.dataset['url'] ?? '');
  if (!response.ok) throw new Error(`call parts: ${response.status}`);
  // Parsed apart: nothing in it runs, and the words are JSON.
  const parsed = new DOMParser().parseFromString(await response.text(), 'text/html');
  const words = one(parsed.body, '[data-words]', HTMLScriptElement);
  addWords(JSON.parse(words.textContent || '{}'));
  words.remove();
  byId('section-call', HTMLElement).append(one(parsed.body, '#more-sheet', HTMLElement));
  place.replaceWith(...parsed.body.childNodes);
}
