import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { wordsFor } from '../../static/js/pages/check.js';

describe('what the check says', () => {
  const words = {
    'check.say.do.unsteady': 'Move closer, or choose sound only.',
    'check.say.do.unsteady.by_sound': 'Move closer.',
    'check.say.do.slow': 'Close downloads.',
  };

  test('advises nobody to choose sound alone who has', () => {
    assert.equal(wordsFor(words, 'do.unsteady', 'sound'), 'Move closer.');
    assert.equal(wordsFor(words, 'do.unsteady', 'video'), 'Move closer, or choose sound only.');
  });

  test('is the same for both where nothing else is written', () => {
    assert.equal(wordsFor(words, 'do.slow', 'sound'), 'Close downloads.');
    assert.equal(wordsFor(words, 'do.unheard_of', 'sound'), '');
  });
});
