/** The agent's console: shows the board, keeps it fresh, and says when somebody arrives. */
import '../elements/clocks.js';
import { byId, listen, make, one, setText, setVisible } from '../lib/dom.js';
import { getJson, HttpProblem } from '../lib/http.js';
import { isolated, pageData, text } from '../lib/page-data.js';
import { fillAsked, sayAsked } from './agent-asked.js';
import { arrivals, pollDelayMs, windowTitle } from './agent-board.js';
import { ArrivalNotices, backgroundWatch } from './arrival-notices.js';
import { Bell } from './attention.js';

/** @import { Board, OwedRow, TodayRow, WaitingRow } from './agent-board.js' */
/** @typedef {{board: Board, boardUrl: string, newsUrl: string}} ConsolePageData */

const page = /** @type {ConsolePageData} */ (/** @type {unknown} */ (pageData()));
const life = new AbortController();
const bell = new Bell();
const notices = new ArrivalNotices(byId('arrival-notify', HTMLButtonElement), life.signal);
const inBackground = backgroundWatch(life.signal);
const title = document.title;

/** @type {Board | null} */
let board = null;
let clockSkewMs = 0;
let failures = 0;
let soundWanted = true;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** @type {EventSource | undefined} */
let news;
let reading = false;
let changedMeanwhile = false;

/**
 * Bring a list to what `rows` say, keeping the elements (and so the focus) of those who stay.
 * @template {{id: string}} Row
 * @param {HTMLElement} list
 * @param {string} template id of the row's template
 * @param {readonly Row[]} rows
 * @param {(element: HTMLElement, row: Row) => void} fill
 */
function reconcile(list, template, rows, fill) {
  const present = new Map([...list.children].map((child) => [child.getAttribute('data-id'), child]));
  rows.forEach((row, index) => {
    let element = present.get(row.id);
    if (!element) {
      const { content } = byId(template, HTMLTemplateElement);
      element = one(document.importNode(content, true), '*', HTMLElement);
      element.setAttribute('data-id', row.id);
    }
    present.delete(row.id);
    if (list.children[index] !== element) list.insertBefore(element, list.children[index] ?? null);
    fill(/** @type {HTMLElement} */ (element), row);
  });
  for (const gone of present.values()) gone.remove();
}

/**
 * @param {HTMLElement} element
 * @param {string} name
 */
function slot(element, name) {
  return one(element, `[data-slot="${name}"]`, HTMLElement);
}

/**
 * @param {HTMLElement} element
 * @param {WaitingRow} row
 */
function fillWaiting(element, row) {
  setText(slot(element, 'customer'), row.customer);
  setText(slot(element, 'service'), row.service);
  setText(slot(element, 'reference'), row.reference);
  setText(slot(element, 'startsAt'), text('agent.board.appointment_at', { time: row.startsAt }));
  setText(slot(element, 'since'), text('agent.board.since', { time: row.since }));
  const check = slot(element, 'check');
  check.dataset['level'] = row.check?.level ?? '';
  setText(check, row.check?.text ?? '');
  setVisible(check, row.check !== null);
  const open = slot(element, 'open');
  open.setAttribute('href', row.url);
  // Nobody can be called in who is gone; the row stays, and says so.
  element.toggleAttribute('data-offline', !row.online);
  open.classList.toggle('button--primary', row.online);
  setText(open, text(row.online ? 'agent.call_in' : 'agent.board.open'));
  open.setAttribute('aria-label', text(row.online ? 'agent.board.call_in_name' : 'agent.board.open_name', { name: row.customer }));
  setVisible(slot(element, 'summoned'), row.summonedUntil > 0);
  const left = slot(element, 'summonedLeft');
  left.setAttribute('offset', String(clockSkewMs));
  left.setAttribute('to', String(row.summonedUntil));
  const clock = slot(element, 'clock');
  clock.setAttribute('offset', String(clockSkewMs));
  clock.setAttribute('target', String(row.overAfterS));
  clock.setAttribute('since', String(row.waitingSince));
}

/**
 * @param {HTMLElement} element
 * @param {OwedRow} row
 */
function fillOwed(element, row) {
  setText(slot(element, 'customer'), row.customer);
  setText(slot(element, 'service'), row.service);
  setText(slot(element, 'since'), row.since);
  const open = slot(element, 'open');
  open.setAttribute('href', row.url);
  open.setAttribute('aria-label', text('agent.board.write_name', { name: row.customer }));
}

/**
 * @param {HTMLElement} element
 * @param {TodayRow} row
 */
function fillToday(element, row) {
  setText(slot(element, 'time'), row.time);
  setText(slot(element, 'customer'), row.customer);
  setText(slot(element, 'service'), row.service);
  slot(element, 'open').setAttribute('href', row.url);
  setText(slot(element, 'with'), row.with === null ? '' : text('agent.board.with', { name: row.with }));
  const state = slot(element, 'state');
  if (state.dataset['state'] === row.state) return;
  state.dataset['state'] = row.state;
  state.replaceChildren(document.importNode(byId(`badge-${row.state}`, HTMLTemplateElement).content, true));
}

/** @param {Board} next */
function show(next) {
  announce(arrivals(board, next));
  const known = new Set((board?.asked ?? []).map(({ id }) => id));
  const asked = next.asked.filter(({ id }) => !known.has(id));
  sayAsked(asked);
  if (board && asked.length > 0 && soundWanted) bell.ring();
  board = next;
  clockSkewMs = next.serverTime - Date.now();
  showCall(next.call);
  setVisible(byId('to-call', HTMLElement), next.toCall !== null);
  setText(byId('to-call-words', HTMLElement), next.toCall ?? '');
  reconcile(byId('waiting', HTMLElement), 'waiting-row', next.waiting, fillWaiting);
  reconcile(byId('asked-list', HTMLElement), 'asked-row', next.asked, (element, row) => fillAsked(element, row, () => void poll()));
  setVisible(byId('asked', HTMLElement), next.asked.length > 0);
  reconcile(byId('owed', HTMLElement), 'owed-row', next.owed, fillOwed);
  reconcile(byId('today', HTMLElement), 'today-row', next.today, fillToday);
  setText(byId('waiting-count', HTMLElement), String(next.waiting.length));
  setText(byId('owed-count', HTMLElement), String(next.owed.length));
  setVisible(byId('waiting-empty', HTMLElement), next.waiting.length === 0);
  setVisible(byId('owed-empty', HTMLElement), next.owed.length === 0);
  setVisible(byId('today-empty', HTMLElement), next.today.length === 0);
  setVisible(byId('today-table', HTMLElement), next.today.length > 0);
  document.title = windowTitle(next.waiting.filter((row) => row.online).length, title);
}

/** @param {Board['call']} call */
function showCall(call) {
  setVisible(byId('call', HTMLElement), call !== null);
  setText(byId('call-words', HTMLElement), call ? text('agent.board.in_call', { name: isolated(call.customer) }) : '');
  byId('call-return', HTMLAnchorElement).href = call?.url ?? '';
}

/** @param {readonly WaitingRow[]} rows */
function announce(rows) {
  if (rows.length === 0) return;
  const said = rows.map((row) => text('agent.board.arrived', { name: row.customer, service: row.service }));
  byId('arrival', HTMLElement).replaceChildren(...said.map((line) => make('span', '', `${line}. `)));
  if (soundWanted) bell.ring();
  notices.tell(rows);
}

/** Whether nobody looks at this tab and another one looks out for arrivals. */
const rests = () => document.hidden && !inBackground();

function showFreshness() {
  const status = byId('board-status', HTMLElement);
  const stale = failures > 0;
  status.classList.toggle('is-stale', stale);
  if (!status.dataset['final']) {
    setText(status, stale ? text('agent.board.stale', { time: board?.updated ?? '' }) : text('agent.live.now'));
  }
}

async function poll() {
  clearTimeout(timer);
  if (rests()) return;
  changedMeanwhile = reading;
  if (reading) return;
  reading = true;
  try {
    show(/** @type {Board} */ (await getJson(page.boardUrl, { signal: life.signal })));
    failures = 0;
  } catch (error) {
    if (life.signal.aborted) return;
    // Nobody is signed in here any more: the page goes, and the names on it with it.
    if (error instanceof HttpProblem && error.status === 401) return location.reload();
    if (error instanceof HttpProblem && error.status === 403) return signedOut();
    failures += 1;
  } finally {
    reading = false;
  }
  showFreshness();
  if (news?.readyState === EventSource.CLOSED) listenForNews();
  timer = setTimeout(poll, changedMeanwhile ? 0 : pollDelayMs(failures));
}

/** Have the server say when to look, while somebody sees it, or in one tab: a browser has few connections to one server. */
function listenForNews() {
  news?.close();
  if (rests()) return;
  news = new EventSource(page.newsUrl);
  // Whatever happened before it was open is on no stream.
  news.addEventListener('open', poll, { signal: life.signal });
  news.addEventListener('message', poll, { signal: life.signal });
}

function look() {
  listenForNews();
  void poll();
}

function signedOut() {
  news?.close();
  const status = byId('board-status', HTMLElement);
  status.dataset['final'] = 'signed-out';
  status.classList.add('is-stale');
  status.replaceChildren(text('agent.board.signed_out'));
}

function wireSound() {
  const { signal } = life;
  // Browsers let a page make a sound only after a gesture on it.
  document.addEventListener('pointerdown', () => bell.arm(), { once: true, signal });
  document.addEventListener('keydown', () => bell.arm(), { once: true, signal });
  const button = byId('arrival-sound', HTMLButtonElement);
  listen(
    button,
    'click',
    () => {
      soundWanted = !soundWanted;
      button.setAttribute('aria-pressed', String(soundWanted));
      setText(button, text(soundWanted ? 'agent.board.sound_on' : 'agent.board.sound_off'));
      if (soundWanted) bell.ring();
    },
    signal,
  );
}

show(page.board);
wireSound();
listen(document, 'visibilitychange', look, life.signal);
// A page that comes back from the browser's history shows an old board.
listen(window, 'pageshow', look, life.signal);
