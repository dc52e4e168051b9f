/**
 * Who is here beside the customer, on the agent's page: letting in, holding, removing, seen large by everybody;
 * and the room's lock. Inviting is `people-invite.js`'s, loaded when it is asked for.
 *
 * @import { Call } from '../media/call.js'
 * @import { CallState } from '../media/call-state.js'
 * @import { ParticipantView } from '../signaling/messages.js'
 * @import { Surroundings } from './call-features.js'
 * @import { Act } from './people-acts.js'
 */
import { byId, listen, one, setText, setVisible } from '../lib/dom.js';
import { nameOf } from '../lib/names.js';
import { isolated, text } from '../lib/page-data.js';
import { isFinal } from '../media/call-state.js';
import { RefusedError } from '../signaling/client.js';
import { refusalKey } from './agent-stage.js';
import { Bell } from './attention.js';
import { partKey } from './group-view.js';
import { asked } from './leave-guard.js';
import { actsOn } from './people-acts.js';
import { WhoWaits } from './who-waits.js';

/**
 * @param {Call} call
 * @param {Surroundings} surroundings
 */
export function start(call, { say, signal }) {
  return new People(call, say, signal).show;
}

/** Who is nowhere in the room that could be shown: those who went, and officials who only watch. */
const OUTSIDE = new Set(['left', 'watching']);

class People {
  #call;
  #signal;
  #list = byId('people-list', HTMLElement);
  #customer = one(document, '[data-main]', HTMLElement).dataset['main'] ?? '';
  #bell = new Bell();
  #waiting;

  /**
   * @param {Call} call
   * @param {Surroundings['say']} say
   * @param {AbortSignal} signal
   */
  constructor(call, say, signal) {
    this.#call = call;
    this.#signal = signal;
    this.#waiting = new WhoWaits((someone) => {
      this.#bell.ring();
      return say(text('agent.people.waits', { name: isolated(nameOf(someone)) }));
    });
    const lock = byId('lock-room', HTMLButtonElement);
    listen(lock, 'click', () => void this.#run(() => call.lock(!call.state.locked)), signal);
    listen(byId('invite', HTMLButtonElement), 'click', () => void this.#invite(), signal);
    listen(document, 'pointerdown', () => this.#bell.arm(), signal);
    signal.addEventListener('abort', () => setVisible(byId('people', HTMLElement), false), { once: true });
  }

  async #invite() {
    const { openInvite } = await import('./people-invite.js');
    await openInvite(this.#signal);
  }

  /** @param {CallState} state */
  show = (state) => {
    setVisible(byId('people', HTMLElement), !isFinal(state.phase));
    const here = state.participants.filter(({ stage, host }) => !OUTSIDE.has(stage) && !(host && stage === 'waiting'));
    const many = here.some(({ id }) => id !== this.#customer);
    const shown = many ? here.filter(({ id, stage }) => id !== this.#customer || stage === 'admitted') : [];
    this.#reconcile(shown, state);
    setVisible(byId('people-none', HTMLElement), shown.length === 0);
    const lock = byId('lock-room', HTMLButtonElement);
    lock.setAttribute('aria-pressed', String(state.locked));
    setText(one(lock, 'span', HTMLElement), text(state.locked ? 'agent.people.unlock' : 'agent.people.lock'));
    lock.disabled = state.signaling !== 'open' || state.phase === 'watching';
    this.#waiting.show(shown.filter(({ stage, id }) => stage === 'waiting' && id !== this.#customer));
  };

  /**
   * Bring the list to what is so, keeping the rows (and so the focus) of those who stay.
   *
   * @param {readonly ParticipantView[]} shown
   * @param {CallState} state
   */
  #reconcile(shown, state) {
    const rows = new Map([...this.#list.children].map((row) => [row.getAttribute('data-id'), row]));
    shown.forEach((person, index) => {
      const row = rows.get(person.id) ?? this.#make(person.id);
      rows.delete(person.id);
      if (this.#list.children[index] !== row) this.#list.insertBefore(row, this.#list.children[index] ?? null);
      this.#fill(/** @type {HTMLElement} */ (row), person, state);
    });
    for (const gone of rows.values()) gone.remove();
  }

  /** @param {string} id */
  #make(id) {
    const { content } = byId('person-row', HTMLTemplateElement);
    const row = one(document.importNode(content, true), '*', HTMLElement);
    row.dataset['id'] = id;
    for (const button of row.querySelectorAll('button[data-act]')) {
      const act = /** @type {Act} */ (/** @type {HTMLElement} */ (button).dataset['act']);
      listen(button, 'click', () => void this.#do(act, id), this.#signal);
    }
    return row;
  }

  /**
   * @param {HTMLElement} row
   * @param {ParticipantView} person
   * @param {CallState} state
   */
  #fill(row, person, state) {
    const part = person.id === this.#customer ? 'agent.people.customer' : partKey(person);
    setText(one(row, '[data-slot="name"]', HTMLElement), nameOf(person));
    setText(one(row, '[data-slot="part"]', HTMLElement), part ? text(part) : '');
    const stage = person.online ? person.stage : 'offline';
    setText(one(row, '[data-slot="stage"]', HTMLElement), text(`agent.people.stage.${stage}`));
    const pinned = state.pinned === person.id;
    const focused = document.activeElement;
    const watches = state.phase === 'watching';
    const offered = actsOn(person, { pinned, customer: person.id === this.#customer, watches });
    for (const button of row.querySelectorAll('button[data-act]')) {
      if (!(button instanceof HTMLButtonElement)) continue;
      const act = /** @type {Act} */ (button.dataset['act']);
      setVisible(button, offered.includes(act));
      button.disabled = state.signaling !== 'open';
      button.setAttribute('aria-label', `${button.textContent?.trim()}: ${isolated(nameOf(person))}`);
    }
    // Who is held can be taken back: the same place, another button.
    if (focused instanceof HTMLElement && focused.hidden && row.contains(focused)) {
      const next = row.querySelector('button[data-act]:not([hidden])');
      if (next instanceof HTMLElement) next.focus();
    }
  }

  /**
   * @param {Act} act
   * @param {string} id
   */
  async #do(act, id) {
    const call = this.#call;
    if (act === 'remove' && !(await this.#sure(id))) return;
    const acts = {
      admit: () => call.admit(id),
      resume: () => call.admit(id),
      hold: () => call.hold(id),
      lobby: () => call.lobby(id),
      remove: () => call.remove(id),
      pin: () => call.pin(id, true),
      unpin: () => call.pin(id, false),
    };
    await this.#run(acts[act]);
  }

  /** @param {string} id */
  #sure(id) {
    const name = nameOf(this.#call.state.participants.find((each) => each.id === id));
    setText(byId('remove-who', HTMLElement), text('agent.people.remove_who', { name: isolated(name) }));
    return asked(byId('confirm-remove', HTMLDialogElement));
  }

  /** @param {() => Promise<unknown>} command */
  async #run(command) {
    const problem = byId('people-problem', HTMLElement);
    setVisible(problem, false);
    try {
      await command();
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      setText(problem, text(`agent.js.${refusalKey(error.code)}`));
      setVisible(problem, true);
    }
  }
}
