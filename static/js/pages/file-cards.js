import { listen, make, setText, setVisible } from '../lib/dom.js';
import { KeptFocus } from '../lib/kept-focus.js';
import { isolated, pageData, text } from '../lib/page-data.js';
import { isShown } from './file-viewer.js';

/**
 * @import { CallFile } from './call-files.js'
 *
 * @typedef {'view' | 'save' | 'attach' | 'stop'} Action
 * @typedef {'no' | 'busy' | 'failed' | 'forbidden'} Attaching How attaching it goes.
 * @typedef {{ root: HTMLElement, state: HTMLElement, progress: HTMLProgressElement,
 *   buttons: Map<Action, HTMLButtonElement>, focus: KeptFocus }} Card
 */

const ACTIONS = /** @type {const} */ (['view', 'save', 'attach', 'stop']);

/** The list of a call's files: a card each, the newest first. */
export class FileCards {
  #list;
  #attaches;
  #act;
  #signal;
  /** @type {Map<string, Card>} */
  #cards = new Map();
  /** @type {Map<string, CallFile>} */
  #files = new Map();

  /**
   * @param {HTMLElement} list
   * @param {{ attaches: boolean, act: (action: Action, file: CallFile) => void, signal: AbortSignal }} options
   */
  constructor(list, { attaches, act, signal }) {
    this.#list = list;
    this.#attaches = attaches;
    this.#act = act;
    this.#signal = signal;
  }

  /**
   * @param {CallFile} file
   * @param {{ name: string, attaching: Attaching }} about `name`: who it comes from or goes to.
   */
  show(file, { name, attaching }) {
    const key = keyOf(file);
    this.#files.set(key, file);
    const card = this.#cards.get(key) ?? this.#make(key, file, name);
    const { direction, state, moved, size, attached, blob } = file;
    card.root.dataset['state'] = state;
    card.root.toggleAttribute('data-attached', attached);
    setText(card.state, stateWords(file, { attaches: this.#attaches, attaching }));
    setVisible(card.progress, state === 'waiting' || state === 'going');
    card.progress.value = moved / size;
    const open = state === 'waiting' || state === 'going';
    const shown = {
      view: blob !== null && isShown(file.kind),
      // An official only looks: what is to be had of it is attached, kept for as long as it may be, and audited.
      save: blob !== null && direction === 'in' && !this.#attaches,
      attach: this.#attaches && state === 'done' && !attached,
      stop: open,
    };
    for (const [action, button] of card.buttons) setVisible(button, shown[action]);
    const attach = card.buttons.get('attach');
    if (attach) attach.disabled = attaching === 'busy';
    card.focus.settle();
  }

  /**
   * @param {string} key
   * @param {CallFile} file
   * @param {string} name
   */
  #make(key, file, name) {
    const root = make('li', 'files__card');
    root.dataset['testid'] = 'file-card';
    root.tabIndex = -1; // where the keyboard stays when none of its buttons is left
    const title = make('p', 'files__name');
    title.append(make('bdi', '', file.name));
    const about = make('p', 'files__about', `${sizeWords(file.size)} · ${text(`say.files.${file.direction}`, { name })}`);
    const progress = make('progress', 'files__progress');
    progress.setAttribute('aria-label', file.name);
    const state = make('p', 'files__state');
    state.dataset['testid'] = 'file-state';
    const actions = make('div', 'files__actions');
    /** @type {Map<Action, HTMLButtonElement>} */
    const buttons = new Map();
    for (const action of ACTIONS) {
      const words = text(`say.files.${action}`);
      const button = make('button', 'button button--small', words);
      button.type = 'button';
      button.dataset['testid'] = `file-${action}`;
      button.setAttribute('aria-label', text('say.files.of_file', { action: words, name: isolated(file.name) }));
      listen(button, 'click', () => this.#act(action, this.#files.get(key) ?? file), this.#signal);
      buttons.set(action, button);
      actions.append(button);
    }
    root.append(title, about, progress, state, actions);
    this.#list.prepend(root);
    const all = [...buttons.values()];
    const focus = new KeptFocus((from) => (root.contains(from) ? [...all, root] : []));
    const card = { root, state, progress, buttons, focus };
    this.#cards.set(key, card);
    return card;
  }
}

/** @param {CallFile} file */
export function keyOf({ with: who, direction, id }) {
  return `${who} ${direction} ${id}`;
}

/**
 * @param {CallFile} file
 * @param {{ attaches: boolean, attaching: Attaching }} page
 */
function stateWords({ state, why, direction, kind, moved, size, attached, paused }, { attaches, attaching }) {
  if (attached) return text(attaches ? 'say.files.kept' : 'say.files.attached');
  if (attaching === 'busy') return text('say.files.attaching');
  if (attaching !== 'no') return text(`say.files.attach_${attaching}`);
  if (state === 'failed') return text(`say.files.why.${why}`);
  const unread = attaches && direction === 'in' && !isShown(kind);
  if (state === 'done') return text(unread ? 'say.files.state.done_unread' : `say.files.state.done_${direction}`);
  if (paused) return text('say.files.state.paused');
  if (state === 'waiting') return text('say.files.state.waiting');
  return text(`say.files.state.going_${direction}`, { percent: Math.floor((100 * moved) / size) });
}

/** @param {number} bytes */
function sizeWords(bytes) {
  const format = (/** @type {number} */ value, /** @type {number} */ digits) =>
    new Intl.NumberFormat(`${pageData()['lang'] === 'ar' ? 'ar-AE' : 'en'}-u-nu-latn`, {
      maximumFractionDigits: digits,
    }).format(value);
  if (bytes >= 1_000_000) return text('say.files.mb', { number: format(bytes / 1_000_000, 1) });
  return text('say.files.kb', { number: format(Math.ceil(bytes / 1_000), 0) });
}
