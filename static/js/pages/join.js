import { byId, hide, show } from '../lib/dom.js';

// The token came in the fragment, which no server or log has seen; it goes on in a body, and out of sight.
const token = location.hash.slice(1);
history.replaceState(null, '', location.pathname);

if (token) {
  byId('join-token', HTMLInputElement).value = token;
  byId('join-form', HTMLFormElement).submit();
} else {
  hide(byId('join-state', HTMLElement));
  show(byId('join-incomplete', HTMLElement));
}
