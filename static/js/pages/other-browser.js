/**
 * In an app's own view without a camera: the way to a real browser. The cookie is this view's, so a link that
 * makes another browser the same person is asked for; it is good once and not for long.
 */
import { byId, listen, setVisible } from '../lib/dom.js';
import { HttpProblem, postJson } from '../lib/http.js';
import { chromeIntent } from './browser.js';
import { copyLink } from './copy-link.js';

/** Wire the section's button, and on Android the one that opens Chrome. */
export function offerOtherBrowser() {
  const field = byId('browser-link', HTMLInputElement);
  const said = byId('browser-said', HTMLElement);
  listen(byId('browser-copy', HTMLButtonElement), 'click', async () => {
    await made(field);
    setVisible(field, field.value !== '');
    if (field.value) await copyLink(field, said);
  });
  const chrome = byId('browser-chrome', HTMLButtonElement);
  setVisible(chrome, /Android/.test(navigator.userAgent));
  listen(chrome, 'click', async () => {
    await made(field);
    if (field.value) location.href = chromeIntent(field.value);
  });
}

/**
 * Ask for a new link. Without one (too early, no network) the field stays empty: the message has the link.
 *
 * @param {HTMLInputElement} field
 */
async function made(field) {
  try {
    field.value = /** @type {{ url: string }} */ (await postJson('./hand-over', {})).url;
  } catch (error) {
    if (!(error instanceof HttpProblem)) throw error;
    field.value = '';
  }
}
