/** The outcome form: codes by key, a draft that saves itself, and sending. No failure loses a word. */
import { byId, listen, one, setText, setVisible } from '../lib/dom.js';
import { getJson, HttpProblem, putJson } from '../lib/http.js';
import { text } from '../lib/page-data.js';
import { timeOfDay } from '../lib/time.js';
import { codeOfKey, faultOf, isOffered, problemKey } from './agent-outcome.js';

/** @import { Meeting, OutcomeCode, Sending } from './agent-outcome.js' */
/**
 * @typedef {object} OutcomeData
 * @property {string} outcomeUrl
 * @property {string} draftUrl
 * @property {string} recordedUrl says which version of the outcome is on the record
 * @property {number | null} ifVersion the latest version, which this one follows
 * @property {Sending} sending
 * @property {Meeting} meeting
 * @property {string} lang
 * @property {string} timeZone
 */

const SAVE_AFTER_MS = 1_200;
const SAVE_AGAIN_AFTER_MS = 8_000;
const FIELD_OF = { need_answer: 'answer', need_reason: 'reason' };

export class OutcomeForm {
  #form = byId('outcome-form', HTMLFormElement);
  #problem = byId('outcome-problem', HTMLElement);
  #words = byId('outcome-problem-words', HTMLElement);
  #signIn = byId('outcome-sign-in', HTMLElement);
  #showRecorded = byId('outcome-show', HTMLButtonElement);
  #status = byId('draft-status', HTMLElement);
  #data;
  #meeting;
  #signal;
  #sent;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #unsaved = false;
  #sending = false;
  /** Drafts are written one after the other, so that an older one never lands last. */
  #saved = Promise.resolve();

  /**
   * @param {OutcomeData} data
   * @param {() => void} sent called once what was written is on the record
   * @param {AbortSignal} signal
   */
  constructor(data, sent, signal) {
    this.#data = data;
    this.#meeting = data.meeting;
    this.#signal = signal;
    this.#sent = sent;
  }

  start() {
    const signal = this.#signal;
    listen(this.#form, 'input', () => this.#changed(), signal);
    listen(this.#form, 'submit', (event) => {
      event.preventDefault();
      void this.#send(this.#data.sending);
    }, signal);
    const later = document.getElementById('send-later');
    if (later) listen(later, 'click', () => void this.#send('later'), signal);
    listen(this.#showRecorded, 'click', () => void this.#startOver(), signal);
    listen(window, 'beforeunload', (event) => {
      if (this.#unsaved || this.#sending) event.preventDefault();
    }, signal);
    this.#offer();
  }

  /**
   * What is known of the meeting has changed; other codes may make sense now.
   * @param {Meeting} meeting
   */
  know(meeting) {
    this.#meeting = {
      customerJoined: this.#meeting.customerJoined || meeting.customerJoined,
      everAdmitted: this.#meeting.everAdmitted || meeting.everAdmitted,
    };
    this.#offer();
  }

  /** The call is over without this page's doing: somebody may have recorded its outcome, which is shown then. */
  async lookForOutcome() {
    if (this.#sending) return;
    try {
      const { version } = await getJson(this.#data.recordedUrl, { signal: this.#signal });
      if (version !== this.#data.ifVersion) await this.#startOver();
    } catch (error) {
      // Sending tells the same.
      if (!(error instanceof HttpProblem) && !this.#signal.aborted) throw error;
    }
  }

  /** The page is about to go: save what is not saved yet. Failing that, leaving asks first. */
  async keep() {
    clearTimeout(this.#timer);
    this.#queueSave();
    await this.#saved;
  }

  /** Load the page again, with what is written here as the draft of a correction. */
  async #startOver() {
    clearTimeout(this.#timer);
    const { code, ...texts } = this.#content();
    // Recording the outcome has thrown the draft away.
    this.#unsaved = code !== null || Object.values(texts).some(Boolean);
    await this.keep();
    if (!this.#unsaved) this.#sent();
  }

  /**
   * Whether a key chose a code.
   * @param {string} eventCode
   */
  pressed(eventCode) {
    const code = codeOfKey(eventCode);
    const radio = code && this.#radio(code);
    if (!radio || radio.disabled) return false;
    radio.checked = true;
    radio.focus();
    this.#changed();
    return true;
  }

  /** @param {OutcomeCode} code */
  #radio(code) {
    return one(this.#form, `input[name="code"][value="${code}"]`, HTMLInputElement);
  }

  #offer() {
    for (const radio of this.#form.querySelectorAll('input[name="code"]')) {
      if (!(radio instanceof HTMLInputElement)) continue;
      // A correction may say anything: what was recorded can have been wrong.
      const offered = this.#data.sending === 'amend' || isOffered(/** @type {OutcomeCode} */ (radio.value), this.#meeting);
      radio.disabled = !offered && !radio.checked;
      const label = radio.closest('label');
      if (label) label.title = radio.disabled ? say('not_offered') : '';
    }
  }

  #content() {
    const data = new FormData(this.#form);
    const field = (/** @type {string} */ name) => String(data.get(name) ?? '');
    return {
      code: /** @type {OutcomeCode | null} */ (data.get('code')),
      answer: field('answer'),
      next_steps: field('next_steps'),
      internal_notes: field('internal_notes'),
      follow_up_on: field('follow_up_on') || null,
    };
  }

  #changed() {
    setVisible(this.#problem, false);
    if (this.#data.sending === 'amend') return;
    this.#unsaved = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#queueSave(), SAVE_AFTER_MS);
  }

  #queueSave() {
    this.#saved = this.#saved.then(() => this.#save());
  }

  async #save() {
    if (!this.#unsaved || this.#sending || this.#signal.aborted) return;
    this.#unsaved = false;
    setText(this.#status, say('draft_saving'));
    try {
      const { saved_at: savedAt } = await putJson(this.#data.draftUrl, this.#content(), { signal: this.#signal });
      const { lang, timeZone } = this.#data;
      if (!this.#unsaved) setText(this.#status, say('draft_saved', { time: timeOfDay(savedAt, lang, timeZone) }));
    } catch (error) {
      this.#unsaved = true;
      if (!(error instanceof HttpProblem)) return;
      const kept = error.code === 'unreachable' || error.status >= 500;
      setText(this.#status, say(kept ? 'draft_unsaved' : problemKey(error.code)));
      if (kept) this.#timer = setTimeout(() => this.#queueSave(), SAVE_AGAIN_AFTER_MS);
    }
  }

  /** @param {Sending} sending */
  async #send(sending) {
    if (this.#sending) return;
    const content = this.#content();
    const reason = String(new FormData(this.#form).get('reason') ?? '');
    const fault = faultOf({ code: content.code, answer: content.answer, reason }, sending);
    if (fault) return this.#say(say(fault), fault === 'need_code' ? 'code' : FIELD_OF[fault]);
    this.#setSending(true);
    clearTimeout(this.#timer);
    await this.#saved;
    try {
      const body = { ...content, answer_pending: sending === 'later', ...(sending === 'amend' && { reason }) };
      const { ifVersion } = this.#data;
      await putJson(this.#data.outcomeUrl, body, ifVersion === null ? {} : { ifMatch: ifVersion });
    } catch (error) {
      this.#setSending(false);
      if (!(error instanceof HttpProblem)) throw error;
      return this.#refused(error);
    }
    return this.#sent();
  }

  /** @param {HttpProblem} problem */
  #refused(problem) {
    const code = problem.code === 'unreachable' ? 'network' : problem.code;
    this.#say(say(problemKey(code)));
    setVisible(this.#showRecorded, code === 'version_conflict' || code === 'version_required');
    setVisible(this.#signIn, code === 'not_signed_in');
  }

  /**
   * @param {string} words
   * @param {string} [field] name of the field to go to
   */
  #say(words, field) {
    setText(this.#words, words);
    setVisible(this.#showRecorded, false);
    setVisible(this.#signIn, false);
    setVisible(this.#problem, true);
    const target = field && this.#form.querySelector(`[name="${field}"]:not(:disabled)`);
    if (target instanceof HTMLElement) target.focus();
    else this.#problem.scrollIntoView({ block: 'nearest' });
  }

  /** @param {boolean} sending */
  #setSending(sending) {
    this.#sending = sending;
    for (const button of this.#form.querySelectorAll('button')) button.disabled = sending;
    if (sending) setText(this.#status, say('sending'));
    else setText(this.#status, '');
  }
}

/**
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
function say(key, values) {
  return text(`agent.js.${key}`, values);
}
