import assert from 'node:assert/strict';
import { test } from 'node:test';

import { nameOf } from '../../static/js/lib/names.js';

test('a name is the one in the language of the page, or the only one there is', () => {
  const official = { name: { ar: 'موظف 1', en: 'Agent 1' } };
  assert.equal(nameOf(official, 'ar'), 'موظف 1');
  assert.equal(nameOf(official, 'en'), 'Agent 1');
  for (const language of ['ar', 'en']) assert.equal(nameOf({ name: 'Customer 1' }, language), 'Customer 1');
});

test('nobody is without a name for want of the right language', () => {
  assert.equal(nameOf({ name: { ar: 'موظف 1' } }, 'en'), 'موظف 1');
  assert.equal(nameOf({ name: {} }, 'en'), '');
  assert.equal(nameOf(null, 'en'), '');
  assert.equal(nameOf(undefined, 'en'), '');
});
