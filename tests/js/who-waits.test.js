import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { toast } from '../../static/js/pages/toast.js';
import { WhoWaits } from '../../static/js/pages/who-waits.js';
import { view } from './support/fake-socket.js';

const guest = view('guest.1');
const other = view('guest.2');

let region;
let said;
let waits;
let timers;

beforeEach((t) => {
  timers = t.mock.timers;
  timers.enable({ apis: ['setTimeout'] });
  region = { textContent: '' };
  said = [];
  const say = toast(region);
  waits = new WhoWaits(({ id }) => {
    said.push(id);
    return say(`${id} waits`);
  });
});

test('who comes is said once, however often the room changes while they wait', () => {
  waits.show([guest]);
  waits.show([guest]);
  assert.equal(region.textContent, 'guest.1 waits');
  timers.tick(7_000);
  assert.equal(region.textContent, '');
  waits.show([guest]);
  assert.equal(region.textContent, '');
  assert.deepEqual(said, ['guest.1']);
});

test('nobody is said to wait who has just been let in', () => {
  waits.show([guest]);
  timers.tick(1_000);
  waits.show([]);
  assert.equal(region.textContent, '');
});

test('letting one in leaves standing that another waits', () => {
  waits.show([guest]);
  waits.show([guest, other]);
  waits.show([other]);
  assert.equal(region.textContent, 'guest.2 waits');
  waits.show([]);
  assert.equal(region.textContent, '');
});

test('who comes again is said again', () => {
  for (const people of [[guest], [], [guest]]) waits.show(people);
  assert.deepEqual(said, ['guest.1', 'guest.1']);
  assert.equal(region.textContent, 'guest.1 waits');
});

test('a sentence that was taken back takes nothing of a later one with it', () => {
  const say = toast(region);
  const takeBack = say('one');
  timers.tick(6_000);
  say('another');
  takeBack();
  assert.equal(region.textContent, 'another');
  timers.tick(1_000);
  assert.equal(region.textContent, 'another', 'and it stands for its own time');
  timers.tick(6_000);
  assert.equal(region.textContent, '');
});
