/**
 * Desktop notifications of arrivals, for an agent who looks at something else. Off until a press on the button,
 * since browsers ask for the permission only then; the choice is kept in the browser.
 */
import { listen, setText, setVisible } from '../lib/dom.js';
import { text } from '../lib/page-data.js';

/** @import { WaitingRow } from './agent-board.js' */

const KEY = 'vap.notify';
const LOCK = 'vap.arrivals';

export class ArrivalNotices {
  #button;
  #wanted = kept();

  /**
   * @param {HTMLButtonElement} button
   * @param {AbortSignal} signal
   */
  constructor(button, signal) {
    this.#button = button;
    if (!('Notification' in globalThis)) return;
    listen(button, 'click', () => void this.#toggle(), signal);
    setVisible(button, true);
    this.#show();
  }

  get #on() {
    return this.#wanted && 'Notification' in globalThis && Notification.permission === 'granted';
  }

  /**
   * Say that people have come, outside the page; nothing while somebody looks at it. Names stay on the page:
   * a notification may be seen by whoever passes the desk.
   *
   * @param {readonly WaitingRow[]} rows
   */
  tell(rows) {
    if (!this.#on || !document.hidden) return;
    for (const row of rows) {
      const said = { service: row.service, time: row.startsAt };
      const notice = new Notification(text('agent.board.notice_title'), {
        body: text('agent.board.notice_body', said),
        tag: `vap.${row.id}`, // one for each appointment, however many tabs tell of it
        lang: document.documentElement.lang,
        dir: document.documentElement.dir === 'rtl' ? 'rtl' : 'ltr',
      });
      notice.addEventListener('click', () => {
        window.focus();
        notice.close();
      });
    }
  }

  async #toggle() {
    this.#wanted = !this.#on;
    if (this.#wanted && Notification.permission === 'default') await Notification.requestPermission();
    keep(this.#wanted);
    this.#show();
  }

  #show() {
    const blocked = Notification.permission === 'denied';
    this.#button.setAttribute('aria-pressed', String(this.#on));
    setText(this.#button, text(`agent.board.notify_${blocked ? 'blocked' : this.#on ? 'on' : 'off'}`));
  }
}

/**
 * Whether this tab is the one of several that goes on looking while nobody looks at it: browsers have few
 * connections to one server.
 *
 * @param {AbortSignal} signal
 * @returns {() => boolean}
 */
export function backgroundWatch(signal) {
  if (!('locks' in navigator)) return () => true;
  let mine = false;
  const held = () =>
    new Promise((resolve) => {
      mine = true;
      signal.addEventListener('abort', resolve, { once: true });
    });
  navigator.locks.request(LOCK, { signal }, held).catch(() => undefined); // aborted with the page
  return () => mine;
}

function kept() {
  try {
    return localStorage.getItem(KEY) === '1';
  } catch {
    return false; // storage is closed in this browser: it is off again next time
  }
}

/** @param {boolean} wanted */
function keep(wanted) {
  try {
    localStorage.setItem(KEY, wanted ? '1' : '0');
  } catch {
    // nothing is kept
  }
}
