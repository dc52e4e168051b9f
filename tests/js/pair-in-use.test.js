import assert from 'node:assert/strict';
import test from 'node:test';

import { pairInUse } from '../../static/js/media/pair-in-use.js';

const pair = (id, changes) => [id, { type: 'candidate-pair', id, nominated: false, ...changes }];
const idOf = (...stats) => pairInUse(new Map(stats))?.id;

test('a transport names the pair in use', () => {
  const transport = ['T', { type: 'transport', selectedCandidatePairId: 'new' }];
  assert.equal(idOf(pair('old', { nominated: true }), pair('new', { nominated: true }), transport), 'new');
});

test('without a transport the selected pair is in use, not one that was nominated before an ICE restart', () => {
  const old = pair('old', { nominated: true, selected: false });
  assert.equal(idOf(old, pair('new', { nominated: true, selected: true })), 'new');
});

test('a browser that says neither has nominated its pair', () => {
  assert.equal(idOf(pair('tried'), pair('used', { nominated: true })), 'used');
});

test('while nothing is connected no pair is in use', () => {
  assert.equal(idOf(), undefined);
  assert.equal(idOf(pair('tried')), undefined);
  assert.equal(idOf(['T', { type: 'transport' }], ['C', { type: 'codec', nominated: true }]), undefined);
});
