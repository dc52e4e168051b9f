import { setText } from '../lib/dom.js';

const SAID_MS = 7_000;

/**
 * Make a place where a sentence is shown for a moment.
 *
 * @param {HTMLElement} element A live region, so that it is read out.
 * @returns {(words: string) => void}
 */
export function toast(element) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  return (words) => {
    clearTimeout(timer);
    setText(element, words);
    timer = setTimeout(() => setText(element, ''), SAID_MS);
  };
}
