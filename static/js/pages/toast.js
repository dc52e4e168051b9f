import { setText } from '../lib/dom.js';

const SAID_MS = 7_000;

/**
 * Make a place where a sentence is shown for a moment.
 *
 * @param {Pick<HTMLElement, 'textContent'>} element A live region, so that it is read out.
 * @returns {(words: string) => () => void} What is returned for a sentence takes it away when it is no longer
 *   true, unless another one stands there by then.
 */
export function toast(element) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  return (words) => {
    clearTimeout(timer);
    setText(element, words);
    const mine = (timer = setTimeout(() => setText(element, ''), SAID_MS));
    return () => {
      if (timer === mine) setText(element, '');
    };
  };
}
