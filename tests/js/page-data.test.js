import assert from 'node:assert/strict';
import { test } from 'node:test';

import { addWords, fill, text } from '../../static/js/lib/page-data.js';

test('places in a sentence are filled by name, also with zero, and unknown ones stay', () => {
  assert.equal(fill('{count} من {name}؟ {later}', { count: 0, name: 'x' }), '0 من x؟ {later}');
});

test('a value is never read as a template', () => {
  assert.equal(fill('{a}', { a: '{b}', b: 'secret' }), '{b}');
});

test('words that come after the page are known from then on, beside those it came with', () => {
  const page = { strings: { 'say.a': 'one' } };
  globalThis.document = /** @type {Document} */ (/** @type {unknown} */ ({
    getElementById: () => ({ textContent: JSON.stringify(page) }),
  }));
  assert.equal(text('say.b'), 'say.b');
  addWords({ 'say.b': 'two' });
  assert.deepEqual([text('say.a'), text('say.b')], ['one', 'two']);
});
