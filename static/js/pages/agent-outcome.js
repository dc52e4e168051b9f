/** The ten outcome codes: their keys, when each makes sense, and what a form still lacks. */

/**
 * @typedef {'resolved' | 'follow_up' | 'referred' | 'other_authority' | 'identity_not_confirmed'
 *   | 'customer_left' | 'abuse' | 'customer_no_show' | 'agent_no_show' | 'technical_failure'} OutcomeCode
 */
/**
 * What is known of the meeting so far.
 * @typedef {object} Meeting
 * @property {boolean} customerJoined the customer was in the waiting room at least once
 * @property {boolean} everAdmitted the two met at least once
 */
/**
 * What the form sends. 'later' records the code and owes the answer; 'amend' corrects what was sent.
 * @typedef {'send' | 'later' | 'amend'} Sending
 */
/** @typedef {'need_code' | 'need_answer' | 'need_reason'} Fault */

/** @type {readonly OutcomeCode[]} in the order of the keys 1 to 9 and 0 */
export const CODES = [
  'resolved',
  'follow_up',
  'referred',
  'other_authority',
  'identity_not_confirmed',
  'customer_left',
  'abuse',
  'customer_no_show',
  'agent_no_show',
  'technical_failure',
];

/** Codes that tell the customer something and so need words. */
const NEEDS_ANSWER = new Set(['resolved', 'follow_up', 'referred', 'other_authority']);

/** @type {Record<OutcomeCode, (meeting: Meeting) => boolean>} */
const OFFERED = {
  resolved: (meeting) => meeting.everAdmitted,
  follow_up: (meeting) => meeting.everAdmitted,
  referred: (meeting) => meeting.everAdmitted,
  other_authority: (meeting) => meeting.everAdmitted,
  identity_not_confirmed: (meeting) => meeting.everAdmitted,
  customer_left: (meeting) => meeting.customerJoined,
  abuse: (meeting) => meeting.everAdmitted,
  customer_no_show: (meeting) => !meeting.customerJoined,
  agent_no_show: (meeting) => meeting.customerJoined && !meeting.everAdmitted,
  technical_failure: () => true,
};

/**
 * The code of a digit key, whatever the keyboard's language prints on it.
 * @param {string} eventCode `KeyboardEvent.code`
 * @returns {OutcomeCode | null}
 */
export function codeOfKey(eventCode) {
  const digit = /^(?:Digit|Numpad)([0-9])$/.exec(eventCode)?.[1];
  if (digit === undefined) return null;
  return CODES[(Number(digit) + 9) % 10] ?? null;
}

/**
 * Whether a code makes sense for the meeting so far.
 * @param {OutcomeCode} code
 * @param {Meeting} meeting
 */
export function isOffered(code, meeting) {
  return OFFERED[code](meeting);
}

/**
 * The first thing the form still lacks, or null.
 * @param {{code: OutcomeCode | null, answer: string, reason: string}} form
 * @param {Sending} sending
 * @returns {Fault | null}
 */
export function faultOf(form, sending) {
  if (form.code === null) return 'need_code';
  if (sending !== 'later' && NEEDS_ANSWER.has(form.code) && form.answer.trim() === '') return 'need_answer';
  if (sending === 'amend' && form.reason.trim() === '') return 'need_reason';
  return null;
}

const PROBLEMS = new Set([
  'version_conflict',
  'version_required',
  'reason_required',
  'wrong_state',
  'invalid_request',
  'too_large',
  'not_signed_in',
  'unavailable',
  'network',
]);

/**
 * The key of the words for a failed request.
 * @param {string} code a problem's stable code
 */
export function problemKey(code) {
  return `problem_${PROBLEMS.has(code) ? code : 'other'}`;
}
