import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { isLost } from '../../static/js/pages/feature-lost.js';
import { view } from './support/fake-socket.js';

const official = (changes) => view('staff.1', { stage: 'admitted', host: true, online: true, ...changes });
const customer = (changes) => view('customer', { stage: 'admitted', online: true, ...changes });
const links = (id, link) => new Map(link ? [[id, link]] : []);

describe('nothing comes through to whoever talks to an official', () => {
  const lost = (phase, link, participants = [official()]) =>
    isLost({ phase, participants, links: links('staff.1', link) }, null);

  test('until there is a path, and when it breaks', () => {
    const found = [undefined, 'new', 'connecting', 'connected', 'disconnected', 'failed'].map((link) => lost('in_call', link));
    assert.deepEqual(found, [true, true, true, false, true, true]);
  });

  test('also when the official is not there', () => {
    assert.equal(lost('in_call', undefined, []), true);
    assert.equal(lost('in_call', undefined, [official({ online: false })]), true);
  });

  test('but not while a companion is seen and heard', () => {
    const both = new Map([['staff.1', 'failed'], ['guest', 'connected']]);
    assert.equal(isLost({ phase: 'in_call', participants: [official()], links: both }, null), false);
  });

  test('which is nothing to say of who waits, is on hold or is done', () => {
    for (const phase of ['waiting', 'preparing', 'held', 'left', 'ended']) assert.equal(lost(phase, undefined), false);
  });
});

describe('nothing comes through to an official', () => {
  const lost = (link, participants) =>
    isLost({ phase: 'in_call', participants, links: links('customer', link) }, 'customer');

  test('from a customer who is in the call', () => {
    assert.equal(lost('failed', [customer()]), true);
    assert.equal(lost('failed', [customer({ online: false })]), true);
    assert.equal(lost('connected', [customer()]), false);
  });

  test('which is nothing to say while the customer is not in it', () => {
    for (const stage of ['waiting', 'preparing', 'held', 'left']) assert.equal(lost(undefined, [customer({ stage })]), false);
    assert.equal(lost(undefined, []), false);
  });
});
