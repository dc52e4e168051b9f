import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { INITIAL } from '../../static/js/media/call-state.js';
import { comesBack, memory, recall } from '../../static/js/pages/room-memory.js';

const VISIT = 'visit-1';
const video = { kind: 'video' };
const sound = { kind: 'audio' };

/** What a tab keeps. */
function storage() {
  const kept = new Map();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
  };
}

let keep;

beforeEach(() => {
  globalThis.sessionStorage = storage();
  keep = memory(VISIT);
});

const state = (changes) => ({ ...INITIAL, phase: 'in_call', ...changes });
const bye = (reason) => ({ phase: 'stopped', bye: { type: 'bye', action: 'stop', reason } });
/** A call whose devices have been closed: what is left of them has no picture. */
const over = (changes) => state({ localMedia: sound, mic: 'none', camera: 'none', ...changes });

test('a choice is kept as it is made, for its visit alone', () => {
  keep(state({ localMedia: video, mic: 'on', camera: 'off' }));
  assert.deepEqual(recall(VISIT), { way: 'video', microphone: true, camera: false });
  keep(state({ localMedia: sound, mic: 'off', camera: 'none' }));
  assert.deepEqual(recall(VISIT), { way: 'sound', microphone: false, camera: true });
  keep(state({}));
  assert.equal(recall(VISIT).way, 'none');
  assert.equal(recall('visit-2'), null);
});

test('who left and comes back talks as before; closed devices do not change that', () => {
  keep(state({ localMedia: video, mic: 'off', camera: 'on' }));
  keep(over({ phase: 'left' }));
  assert.deepEqual(recall(VISIT), { way: 'video', microphone: false, camera: true, left: true });
  comesBack(VISIT);
  assert.deepEqual(recall(VISIT), { way: 'video', microphone: false, camera: true, left: false });
});

test('who was stopped for another reason has left nothing', () => {
  keep(state({ localMedia: video, mic: 'on', camera: 'on' }));
  keep(over(bye('moved_device')));
  assert.deepEqual(recall(VISIT), { way: 'video', microphone: true, camera: true });
});

for (const reason of ['removed', 'too_late']) {
  test(`who has no way back is not asked for devices again: ${reason}`, () => {
    keep(state({ localMedia: video, mic: 'on', camera: 'on' }));
    keep(over(bye(reason)));
    assert.equal(recall(VISIT).way, 'none');
  });
}

test('nothing is kept of a call that is over', () => {
  keep(state({ localMedia: video, mic: 'on', camera: 'on' }));
  keep(over({ phase: 'ended' }));
  assert.equal(recall(VISIT), null);
  comesBack(VISIT);
  assert.equal(recall(VISIT), null);
});

test('a browser that keeps nothing asks again', () => {
  globalThis.sessionStorage = new Proxy({}, { get: () => () => { throw new Error('SecurityError'); } });
  keep(state({ localMedia: video }));
  assert.equal(recall(VISIT), null);
});
