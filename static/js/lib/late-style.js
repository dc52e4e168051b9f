import { make } from './dom.js';

/**
 * Load the style sheet that an element names in `data-style`, once.
 *
 * @param {HTMLElement} element
 */
export function lateStyle(element) {
  const href = element.dataset['style'];
  if (!href) return;
  delete element.dataset['style'];
  const link = make('link', '');
  link.rel = 'stylesheet';
  link.href = href;
  document.head.append(link);
}
