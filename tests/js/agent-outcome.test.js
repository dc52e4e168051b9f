import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CODES, codeOfKey, faultOf, isOffered, problemKey } from '../../static/js/pages/agent-outcome.js';

test('every code has one digit key, 1 first and 0 last, on both digit rows', () => {
  const digits = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '0'];
  assert.deepEqual(digits.map((digit) => codeOfKey(`Digit${digit}`)), CODES);
  assert.deepEqual(digits.map((digit) => codeOfKey(`Numpad${digit}`)), CODES);
});

test('other keys choose nothing', () => {
  for (const key of ['KeyM', 'Digit', 'Digit10', 'F1', '']) assert.equal(codeOfKey(key), null);
});

test('before the customer comes only absence and a failure are offered', () => {
  const meeting = { customerJoined: false, everAdmitted: false };
  assert.deepEqual(CODES.filter((code) => isOffered(code, meeting)), ['customer_no_show', 'technical_failure']);
});

test('a customer who waits is never absent', () => {
  const meeting = { customerJoined: true, everAdmitted: false };
  assert.deepEqual(CODES.filter((code) => isOffered(code, meeting)), ['customer_left', 'agent_no_show', 'technical_failure']);
});

test('once the two have met nobody was absent', () => {
  const meeting = { customerJoined: true, everAdmitted: true };
  const withheld = CODES.filter((code) => !isOffered(code, meeting));
  assert.deepEqual(withheld, ['customer_no_show', 'agent_no_show']);
});

test('a form names the first thing it lacks', () => {
  const form = { code: null, answer: '', reason: '' };
  assert.equal(faultOf(form, 'send'), 'need_code');
  assert.equal(faultOf({ ...form, code: 'resolved' }, 'send'), 'need_answer');
  assert.equal(faultOf({ ...form, code: 'resolved', answer: '  ' }, 'send'), 'need_answer');
  assert.equal(faultOf({ ...form, code: 'resolved', answer: 'Yes.' }, 'send'), null);
});

test('an answer may come later, and absence needs none', () => {
  assert.equal(faultOf({ code: 'resolved', answer: '', reason: '' }, 'later'), null);
  assert.equal(faultOf({ code: 'customer_no_show', answer: '', reason: '' }, 'send'), null);
});

test('a correction needs a reason', () => {
  assert.equal(faultOf({ code: 'resolved', answer: 'Yes.', reason: ' ' }, 'amend'), 'need_reason');
  assert.equal(faultOf({ code: 'resolved', answer: 'Yes.', reason: 'a wrong date' }, 'amend'), null);
});

test('an unknown problem still has words', () => {
  assert.equal(problemKey('version_conflict'), 'problem_version_conflict');
  assert.equal(problemKey('brand_new'), 'problem_other');
});
