import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { Telling } from '../../static/js/media/telling.js';
import { view } from './support/fake-socket.js';

const state = (phase, { media = false, stage = 'admitted', online = true } = {}) => ({
  phase,
  participants: [view('staff.1', { stage, online })],
  links: new Map(media ? [['staff.1', 'connected']] : [['staff.1', 'connecting']]),
});

let timers;
let told;
let telling;

beforeEach((t) => {
  timers = t.mock.timers;
  timers.enable({ apis: ['setTimeout'] });
  told = 0;
  telling = new Telling(() => (told += 1));
});

test('a page is told of a change at once', () => {
  for (const each of [state('waiting'), state('preparing'), state('in_call', { media: true }), state('left')]) {
    telling.changed(each);
  }
  assert.equal(told, 4);
});

test('a page hears nothing while two are being connected, then everything at once', () => {
  for (let change = 0; change < 3; change += 1) telling.changed(state('in_call'));
  assert.equal(told, 0);
  telling.changed(state('in_call', { media: true }));
  assert.equal(told, 1);
  timers.tick(1_000);
  assert.equal(told, 1);
});

test('a page that has waited long enough is told, and of every change from then on', () => {
  telling.changed(state('in_call'));
  timers.tick(149);
  assert.equal(told, 0);
  timers.tick(1);
  assert.equal(told, 1);
  telling.changed(state('in_call'));
  assert.equal(told, 2);
});

test('a page waits again for the next one to be connected', () => {
  telling.changed(state('in_call'));
  timers.tick(150);
  telling.changed(state('in_call', { media: true }));
  telling.changed(state('in_call'));
  assert.equal(told, 2);
});

test('a page does not wait for a path that is broken', () => {
  telling.changed({ ...state('in_call'), links: new Map([['staff.1', 'failed']]) });
  assert.equal(told, 1);
});

test('a page does not wait for somebody who is not there', () => {
  telling.changed(state('in_call', { online: false }));
  telling.changed(state('in_call', { stage: 'held' }));
  assert.equal(told, 2);
});

test('a page is told of an end at once, and once', () => {
  telling.changed(state('in_call'));
  telling.changed(state('ended'));
  timers.tick(1_000);
  assert.equal(told, 1);
});
