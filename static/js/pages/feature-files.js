/**
 * Files from one side to the other, over the path itself. An agent may keep one with the appointment.
 *
 * @import { Call } from '../media/call.js'
 * @import { CallState } from '../media/call-state.js'
 * @import { Surroundings } from './call-features.js'
 * @import { CallFile } from './call-files.js'
 * @import { Action, Attaching } from './file-cards.js'
 */
import { byId, hide, listen, setText, setVisible, show } from '../lib/dom.js';
import { HttpProblem } from '../lib/http.js';
import { lateStyle } from '../lib/late-style.js';
import { nameOf } from '../lib/names.js';
import { isolated, text } from '../lib/page-data.js';
import { CallFiles } from './call-files.js';
import { attach, listAttached } from './file-attach.js';
import { FileCards, keyOf } from './file-cards.js';
import { saveFile, setViewing, viewDocument, viewPicture } from './file-viewer.js';
import { WITHDRAWN } from './file-withdraw.js';

const FINAL_REFUSALS = new Set(['forbidden', 'unsupported_media_type', 'too_large', 'wrong_state', 'not_found']);

/**
 * @param {Call} call
 * @param {Surroundings} surroundings
 */
export function start(call, { side, say, signal }) {
  const dialog = byId('files-dialog', HTMLDialogElement);
  const row = byId('files-open', HTMLButtonElement);
  const input = byId('files-input', HTMLInputElement);
  const notice = byId('files-notice', HTMLButtonElement);
  const problem = byId('files-problem', HTMLElement);
  const attachUrl = dialog.dataset['attachUrl'] ?? '';
  const attaches = attachUrl !== '';
  /** @type {Map<string, { id: string, going: Attaching }>} */
  const attachings = new Map();
  /** @type {Map<string, CallFile>} By their addresses. */
  const attached = new Map();
  lateStyle(dialog);

  const nameById = (/** @type {string} */ id) =>
    nameOf(call.state.participants.find((each) => each.id === id)) || text(`say.files.side.${side}`);
  const render = (/** @type {CallFile} */ file) => {
    const attaching = attachings.get(keyOf(file))?.going ?? 'no';
    cards.show(file, { name: isolated(nameById(file.with)), attaching });
  };
  const changed = (/** @type {CallFile} */ file, /** @type {CallFile | null} */ before) => {
    render(file);
    hide(byId('files-empty', HTMLElement));
    if (file.direction === 'in' && !attaches) show(byId('files-save-hint', HTMLElement));
    const words = news(file, before, attaches);
    if (words) say(words);
    if (file.direction === 'in' && file.state === 'done' && before?.state !== 'done' && !dialog.open) {
      setText(notice, text('say.files.open', { name: isolated(file.name) }));
      show(notice);
    }
  };

  const keep = async (/** @type {CallFile} */ file) => {
    const key = keyOf(file);
    const { blob } = file;
    if (!blob || attachings.get(key)?.going === 'busy') return;
    const attaching = { id: attachings.get(key)?.id ?? crypto.randomUUID(), going: /** @type {Attaching} */ ('busy') };
    attachings.set(key, attaching);
    render(file);
    const url = `${attachUrl}${attaching.id}`;
    const sender = file.direction === 'in' ? file.with : (call.state.self?.id ?? '');
    try {
      await attach(url, { ...file, blob }, sender);
      attaching.going = 'no';
      files.attached(file);
      attached.set(url, file);
      listAttached(url, file.name);
    } catch (error) {
      if (!(error instanceof HttpProblem)) throw error;
      attaching.going = FINAL_REFUSALS.has(error.code) ? 'forbidden' : 'failed';
      render(file);
    }
  };
  const act = async (/** @type {Action} */ action, /** @type {CallFile} */ file) => {
    setVisible(problem, false);
    if (action === 'stop') files.cancel(file);
    else if (action === 'attach') await keep(file);
    else if (action === 'save' && file.blob) saveFile(file.blob, file.name);
    else if (file.blob && file.kind === 'application/pdf') viewDocument(file.blob);
    else if (file.blob && !(await viewPicture(file.blob, file.name))) {
      explain(text(attaches ? 'say.files.state.done_unread' : 'say.files.not_shown'));
    }
  };
  const cards = new FileCards(byId('files-list', HTMLElement), {
    attaches,
    act: (action, file) => void act(action, file),
    signal,
  });
  const files = new CallFiles(call, { attaches, changed, signal });

  const takenBack = (/** @type {Event} */ event) => {
    const url = /** @type {CustomEvent<string>} */ (event).detail;
    const file = attached.get(url);
    if (!file) return;
    attachings.delete(keyOf(file)); // attached again, it is another file
    files.withdrawn(file);
  };
  document.getElementById('attachments-list')?.addEventListener(WITHDRAWN, takenBack, { signal });

  const explain = (/** @type {string} */ words) => {
    setText(problem, words);
    show(problem);
  };
  const open = () => {
    hide(notice);
    setVisible(problem, false);
    setViewing(false);
    dialog.showModal();
  };
  listen(row, 'click', open, signal);
  listen(notice, 'click', open, signal);
  listen(byId('files-close', HTMLButtonElement), 'click', () => dialog.close(), signal);
  listen(byId('files-back', HTMLButtonElement), 'click', () => setViewing(false), signal);
  listen(input, 'change', async () => {
    setVisible(problem, false);
    const chosen = [...(input.files ?? [])];
    input.value = ''; // the same file may be chosen again
    for (const file of chosen) {
      const why = await files.send(file);
      if (why) explain(text(why === 'nobody' ? 'say.files.nobody' : `say.files.why.${why}`));
    }
  }, signal);
  signal.addEventListener('abort', () => {
    hide(notice);
    hide(row);
    dialog.close();
  }, { once: true });
  show(row);
  return (/** @type {CallState} */ state) => {
    row.disabled = state.phase !== 'in_call';
    files.follow(state);
  };
}

/**
 * What is said aloud of a file: its beginning and its end, not each step between.
 *
 * @param {CallFile} file
 * @param {CallFile | null} before
 * @param {boolean} attaches
 */
function news({ direction, state, name, attached }, before, attaches) {
  const shown = isolated(name);
  if (attached && !before?.attached && !attaches) return text('say.files.attached_named', { name: shown });
  if (!attached && before?.attached && !attaches) return text('say.files.withdrawn_named', { name: shown });
  if (state === before?.state) return '';
  if (state === 'done') return text(direction === 'in' ? 'say.files.arrived' : 'say.files.delivered', { name: shown });
  if (state === 'failed') return text('say.files.not_delivered', { name: shown });
  return '';
}
