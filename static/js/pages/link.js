import { byId, listen, setText, show } from '../lib/dom.js';
import { canCall, isInApp } from './browser.js';

// Whoever could not call is told here, where the address to copy is still the link itself.
if (!canCall(globalThis) || isInApp(navigator.userAgent)) {
  const done = byId('copy-done', HTMLElement);
  show(byId('browser-trouble', HTMLElement));
  listen(byId('copy-link', HTMLButtonElement), 'click', async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      setText(done, done.dataset['done'] ?? '');
    } catch {
      setText(done, location.href); // no clipboard here: the reader can select it
    }
  });
}

// A second tap while the first is on its way would only be refused or repeated.
const button = byId('continue', HTMLButtonElement);
listen(byId('enter-form', HTMLFormElement), 'submit', () => {
  button.disabled = true;
});
listen(window, 'pageshow', () => {
  button.disabled = false; // back from the next page
});

// A token waits in the form, not in the address: the other language's page gets it in its fragment.
const token = document.querySelector('input[name="token"]');
if (token instanceof HTMLInputElement) {
  for (const link of document.querySelectorAll('.languages__link')) {
    if (link instanceof HTMLAnchorElement) link.hash = token.value;
  }
}
