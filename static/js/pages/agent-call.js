/** The agent's page of one appointment: the call, the record beside it, the outcome. Wires them together. */
import { byId, listen, setText, setVisible } from '../lib/dom.js';
import { HttpProblem, putJson } from '../lib/http.js';
import { pageData, text } from '../lib/page-data.js';
import { Call } from '../media/call.js';
import { isFinal } from '../media/call-state.js';
import { SignalingClient } from '../signaling/client.js';
import { OwnMedia } from './agent-call-media.js';
import { OutcomeForm } from './agent-call-outcome.js';
import { agentWaiting } from './agent-call-waiting.js';
import { isOwnPlace, losePlace, takePlace } from './agent-call-place.js';
import { CallStage } from './agent-call-stage.js';
import { problemKey } from './agent-outcome.js';
import { ASKING, joining } from './agent-stage.js';
import { stayAwake } from './attention.js';
import { featuresWhenTalking } from './features-start.js';
import { withdrawals } from './file-withdraw.js';
import { connect } from './fresh-connection.js';
import { isMoving, measure } from './quality-start.js';
import { fillRequestCards } from './request-card.js';
import { toast } from './toast.js';

/**
 * @import { CallState } from '../media/call-state.js'
 * @import { Bye } from '../signaling/messages.js'
 * @import { OutcomeData } from './agent-call-outcome.js'
 * @import { ViewData } from './agent-call-view.js'
 *
 * @typedef {{signalPath: string, identityUrl: string, held: boolean, asked: boolean}} Line `held`: this agent is
 *   connected to the running call already. `asked`: a colleague has asked this one to join.
 * @typedef {{call: (ViewData & Line) | null, outcome: OutcomeData | null, lang: string, timeZone: string
 *   }} CallPageData
 */

// Signed out, or the appointment was moved or called off: the server's own page says which. One that is turned
// away as soon as it is loaded would only load again and again.
const GONE = new Set(['revoked', 'no_access']);
const RELOAD_AFTER_MS = 3_000;

const page = /** @type {CallPageData} */ (/** @type {unknown} */ (pageData()));
const life = new AbortController();
const { signal } = life;

/** Everything here ends, the call too, and the page shows what is on the record now. */
function startAfresh() {
  life.abort();
  location.reload();
}

const form =
  page.outcome &&
  new OutcomeForm({ ...page.outcome, lang: page.lang, timeZone: page.timeZone }, startAfresh, signal);
form?.start();
fillRequestCards(signal);
withdrawals(signal);
const own = page.call && startCall(page.call);
listen(document, 'keydown', pressed, signal);

/** @param {NonNullable<CallPageData['call']>} data */
function startCall(data) {
  const url = new URL(data.signalPath, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  const customer = () => call.state.participants.find((each) => each.id === data.customerId);
  const call = new Call({ client: new SignalingClient({ url: url.href }), signal, connect });
  measure({
    url: `${location.pathname}/quality`,
    path: () => call.paths.get(data.customerId),
    picture: () => isMoving(customer()),
    told: showQuality,
    signal,
  });
  const media = new OwnMedia(call, signal);
  call.on('change', ({ participants }) => {
    const customer = participants.find((each) => each.id === data.customerId);
    if (!customer) return;
    const met = customer.stage === 'admitted' || customer.stage === 'held';
    form?.know({ customerJoined: true, everAdmitted: met });
    document.getElementById('identity-check')?.removeAttribute('hidden');
  }, { signal });
  call.on('change', (state) => {
    // Nobody's camera is open for a call that they only watch.
    if (state.self && !isFinal(state.phase)) media.want(joining(state) === null);
  }, { signal });
  if (data.asked) joinAtOnce(call);
  call.on('stopped', ({ bye, phase }) => void stopped(bye, phase), { signal });
  const stage = new CallStage(call, media, data, signal);
  const begin = () => {
    takePlace();
    media.start();
    call.start();
  };
  stage.start();
  if (!data.held) begin();
  else void isOwnPlace().then((own) => (own ? begin() : stage.askFirst(ASKING.elsewhere, begin)));
  agentWaiting(call, data.customerId, signal);
  wireIdentity(data.identityUrl);
  stayAwake(signal);
  featuresWhenTalking(call, { side: 'agent', say: toast(byId('announcement', HTMLElement)), signal });
  listen(window, 'online', () => call.nudge(), signal);
  listen(document, 'visibilitychange', () => {
    if (!document.hidden) call.nudge();
  }, signal);
  return media;
}

/**
 * Whoever was asked has come to join: without another question, if the call goes on when they come.
 *
 * @param {Call} call
 */
function joinAtOnce(call) {
  const once = new AbortController();
  call.on('change', (state) => {
    if (!state.self) return;
    once.abort();
    if (joining(state)) call.join().catch(() => undefined); // then the page asks, and says why it did not work
  }, { signal: once.signal });
}

/**
 * @param {Bye | null} bye
 * @param {CallState['phase']} phase
 */
async function stopped(bye, phase) {
  if (bye?.reason === 'moved_device') losePlace();
  if (phase === 'ended') return form?.lookForOutcome();
  const elsewhere = bye?.action === 'rejoin' || GONE.has(bye?.reason ?? '');
  if (!elsewhere || performance.now() <= RELOAD_AFTER_MS) return;
  await form?.keep();
  location.reload();
}

/** @param {{ level: string, text: string } | null} told */
function showQuality(told) {
  const word = byId('quality', HTMLElement);
  word.dataset['level'] = told?.level ?? '';
  setText(word, told?.text ?? '');
}

/** @param {string} url */
function wireIdentity(url) {
  const button = document.getElementById('confirm-identity');
  if (!(button instanceof HTMLButtonElement)) return;
  const problem = byId('identity-problem', HTMLElement);
  listen(button, 'click', async () => {
    button.disabled = true;
    setVisible(problem, false);
    try {
      await putJson(url, {});
      setText(byId('identity', HTMLElement), text('agent.js.identity_done'));
      setVisible(button, false);
    } catch (error) {
      if (!(error instanceof HttpProblem)) throw error;
      button.disabled = false;
      setText(problem, text(`agent.js.${problemKey(error.code === 'unreachable' ? 'network' : error.code)}`));
      setVisible(problem, true);
    }
  }, signal);
}

/** @param {Event} event */
function pressed(event) {
  if (!(event instanceof KeyboardEvent) || event.repeat) return;
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  if (isWriting(event.target) || document.querySelector('dialog[open]')) return;
  if (own?.pressed(event.code) || pressButton(event.code) || form?.pressed(event.code)) event.preventDefault();
}

/**
 * Press the button that stands for a key (`data-key`, the place on the keyboard in any language), if it can be.
 *
 * @param {string} eventCode
 */
function pressButton(eventCode) {
  const button = document.querySelector(`[data-key="${eventCode}"]:not([hidden], :disabled)`);
  if (!(button instanceof HTMLButtonElement)) return false;
  button.click();
  return true;
}

/**
 * Whether keys are text here; radio buttons and the like take none.
 * @param {EventTarget | null} target
 */
function isWriting(target) {
  if (target instanceof HTMLInputElement) return !['radio', 'checkbox', 'button'].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}
