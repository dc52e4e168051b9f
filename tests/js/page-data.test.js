import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fill } from '../../static/js/lib/page-data.js';

test('places in a sentence are filled by name, also with zero, and unknown ones stay', () => {
  assert.equal(fill('{count} من {name}؟ {later}', { count: 0, name: 'x' }), '0 من x؟ {later}');
});

test('a value is never read as a template', () => {
  assert.equal(fill('{a}', { a: '{b}', b: 'secret' }), '{b}');
});
