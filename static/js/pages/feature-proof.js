/**
 * The numbers behind the lock: what both sides read to each other to know that nobody stands between.
 *
 * @import { Call } from '../media/call.js'
 * @import { CallState } from '../media/call-state.js'
 * @import { PeerChannels } from '../media/peer-channel.js'
 * @import { Surroundings } from './call-features.js'
 */
import { byId, hide, listen, make, show } from '../lib/dom.js';
import { nameOf } from '../lib/names.js';
import { isolated, text } from '../lib/page-data.js';
import { agreeOnCode, ProofFailed } from '../media/proof.js';

/**
 * @param {Call} call
 * @param {Surroundings} surroundings
 */
export function start(call, { side, signal }) {
  const dialog = byId('proof-dialog', HTMLDialogElement);
  const row = byId('proof-open', HTMLButtonElement);
  const list = byId('proof-codes', HTMLElement);
  /** @type {Map<string, { channels: PeerChannels, words: string | null, code: string | null }>} */
  const proofs = new Map();

  const render = () => {
    const lines = [...proofs].flatMap(([id, { code, words }]) => {
      const name = nameOf(call.state.participants.find((each) => each.id === id)) || text(`say.files.side.${side}`);
      const answer = make('dd', '', words ?? '');
      if (code) answer.append(digits(code));
      return [make('dt', '', text('say.proof.with', { name: isolated(name) })), answer];
    });
    if (!lines.length) lines.push(make('dt', '', text('say.proof.nobody')), make('dd', ''));
    list.replaceChildren(...lines);
  };
  const prove = async (/** @type {string} */ id) => {
    const channels = call.channels.get(id);
    if (proofs.get(id)?.channels === channels) return;
    proofs.delete(id);
    if (channels) {
      /** @type {{ channels: PeerChannels, words: string | null, code: string | null }} */
      const proof = { channels, words: text('say.proof.busy'), code: null };
      proofs.set(id, proof);
      render();
      try {
        proof.code = await agreeOnCode(channels);
        proof.words = null;
      } catch (error) {
        if (!(error instanceof ProofFailed)) throw error;
        proof.words = text('say.proof.failed');
      }
    }
    render();
  };
  call.on('channels', ({ id }) => void prove(id), { signal });
  for (const id of call.channels.keys()) void prove(id);
  render();
  listen(row, 'click', () => dialog.showModal(), signal);
  signal.addEventListener('abort', () => {
    hide(row);
    dialog.close();
  }, { once: true });
  show(row);
  return (/** @type {CallState} */ { phase }) => {
    row.disabled = phase !== 'in_call';
  };
}

/**
 * Two groups of three, left to right in every language, as numbers are read.
 *
 * @param {string} code
 */
function digits(code) {
  const element = make('bdi', 'proof__code', `${code.slice(0, 3)} ${code.slice(3)}`);
  element.dir = 'ltr';
  element.dataset['testid'] = 'proof-code';
  return element;
}
