/** The agent's commands: one at a time; when one has no effect, the page says in words why. */
import { byId, setText, setVisible } from '../lib/dom.js';
import { RefusedError } from '../signaling/client.js';
import { say } from './agent-call-view.js';
import { isLive, refusalKey } from './agent-stage.js';

/** @import { Call } from '../media/call.js' */

export class CallCommands {
  /** Whether one is under way. */
  busy = false;
  #call;
  #busyChanged;

  /**
   * @param {Call} call
   * @param {() => void} busyChanged
   */
  constructor(call, busyChanged) {
    this.#call = call;
    this.#busyChanged = busyChanged;
  }

  /**
   * Run one command; say in words why it had no effect.
   * @param {() => Promise<unknown>} command
   */
  async run(command) {
    sayProblem('');
    this.#setBusy(true);
    try {
      await command();
      sayProblem('');
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      // Ending closes the line, maybe before the acknowledgement: what was wanted has happened.
      if (!isLive(this.#call.state)) return;
      sayProblem(refusalKey(error.code));
    } finally {
      this.#setBusy(false);
    }
  }

  /** @param {boolean} busy */
  #setBusy(busy) {
    this.busy = busy;
    this.#busyChanged();
  }

  /** End the call, as often as it takes. */
  end() {
    return this.run(() => this.#end());
  }

  /** Without the line it ends for the customer as soon as that is back, here at once. */
  async #end() {
    if (this.#call.state.signaling !== 'open') {
      void this.#call.replaceLocal(null);
      sayProblem('ends_later');
    }
    for (;;) {
      try {
        return await this.#call.end();
      } catch (error) {
        const late = error instanceof RefusedError && error.code === 'timeout';
        if (!late || !isLive(this.#call.state)) throw error;
      }
    }
  }
}

/** @param {string} key of a problem's words; '' takes them away */
function sayProblem(key) {
  const problem = byId('command-problem', HTMLElement);
  setText(problem, key && say(key));
  setVisible(problem, key !== '');
}
