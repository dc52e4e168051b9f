import assert from 'node:assert/strict';
import { test } from 'node:test';

import { INITIAL } from '../../static/js/media/call-state.js';
import { browserKind, canCall, isInApp } from '../../static/js/pages/browser.js';
import { soundMayWork, troubleWords } from '../../static/js/pages/device-words.js';
import { officialIn, roomView } from '../../static/js/pages/room-view.js';

/** @import { CallState } from '../../static/js/media/call-state.js' */

const OFFICIAL = /** @type {const} */ ({
  id: 'staff.1',
  name: 'Agent 1',
  stage: 'admitted',
  online: true,
  host: true,
  microphone: 'on',
  camera: 'on',
});

/**
 * @param {Partial<CallState>} changes
 * @returns {CallState}
 */
const state = (changes) => ({ ...INITIAL, signaling: 'open', ...changes });

/**
 * @param {Partial<CallState>} [changes]
 * @returns {CallState}
 */
const inCall = (changes = {}) =>
  state({ phase: 'in_call', participants: [OFFICIAL], links: new Map([['staff.1', 'connected']]), ...changes });

/**
 * @param {string} reason
 * @param {string} [action]
 */
const stopped = (reason, action = 'stop') =>
  roomView(state({ phase: 'stopped', bye: /** @type {any} */ ({ type: 'bye', action, reason }) }), true).stop;

test('every phase has its section', () => {
  const sections = [
    ['connecting', 'checking'],
    ['asking', 'asking'],
    ['waiting', 'waiting'],
    ['preparing', 'waiting'],
    ['in_call', 'call'],
    ['held', 'call'],
    ['left', 'left'],
    ['ended', 'after'],
    ['stopped', 'stopped'],
  ];
  for (const [phase, section] of sections) {
    assert.equal(roomView(state({ phase: /** @type {any} */ (phase) }), true).section, section);
  }
});

test('being chosen is told before the call opens', () => {
  assert.equal(roomView(state({ phase: 'preparing' }), true).called, true);
  assert.equal(roomView(state({ phase: 'waiting' }), true).called, false);
});

test('a running call says so and covers nothing', () => {
  const view = roomView(inCall(), true);
  assert.equal(view.status, 'say.room.connected');
  assert.equal(view.covered, false);
});

test('the picture is covered while the path to the official is made', () => {
  const view = roomView(inCall({ links: new Map() }), true);
  assert.equal(view.status, 'say.room.connecting');
  assert.equal(view.covered, true);
});

test('the nearest cause is said: network, server, hold, official, path', () => {
  const away = { participants: [{ ...OFFICIAL, online: false }], links: new Map() };
  assert.equal(roomView(inCall({ signaling: 'reconnecting' }), false).status, 'say.room.offline');
  assert.equal(roomView(inCall({ phase: 'held', signaling: 'reconnecting' }), true).status, 'say.room.reconnecting');
  assert.equal(roomView(inCall({ phase: 'held', ...away }), true).status, 'say.room.held');
  assert.equal(roomView(inCall({ connection: 'reconnecting', ...away }), true).status, 'say.room.remote_away');
  const broken = { links: new Map([['staff.1', /** @type {const} */ ('disconnected')]]) };
  assert.equal(roomView(inCall({ connection: 'reconnecting', ...broken }), true).status, 'say.room.reconnecting');
});

test('a picture that goes on without the server is not covered', () => {
  const lost = inCall({ signaling: 'reconnecting', connection: 'reconnecting' });
  assert.equal(roomView(lost, true).status, 'say.room.reconnecting');
  assert.equal(roomView(lost, true).covered, false);
  const away = inCall({ participants: [{ ...OFFICIAL, online: false }] });
  assert.equal(roomView(away, true).status, 'say.room.connected');
  assert.equal(roomView(away, true).covered, false);
});

test('a question for the place is shown where there is a place', () => {
  const self = { ...OFFICIAL, id: 'customer', host: false, deviceAsks: true };
  assert.equal(roomView(inCall({ self }), true).asked, true);
  assert.equal(roomView(inCall({ self: { ...self, deviceAsks: false } }), true).asked, false);
  assert.equal(roomView(state({ phase: 'stopped', self }), true).asked, false);
});

test('whoever waits is told only when the line is lost', () => {
  assert.equal(roomView(state({ phase: 'waiting' }), true).status, '');
  assert.equal(roomView(state({ phase: 'waiting', signaling: 'reconnecting' }), true).status, 'say.room.reconnecting');
  assert.equal(roomView(state({ phase: 'waiting' }), false).status, 'say.room.offline');
});

test('the official is a host in the call, one who is online before one who is not', () => {
  const gone = { ...OFFICIAL, id: 'staff.0', online: false };
  const guest = { ...OFFICIAL, id: 'guest', host: false };
  assert.equal(officialIn(state({ participants: [gone, guest, OFFICIAL] }))?.id, 'staff.1');
  assert.equal(officialIn(state({ participants: [gone, guest] }))?.id, 'staff.0');
  assert.equal(officialIn(state({ participants: [guest] })), null);
});

test('another device is told apart from a lost line', () => {
  assert.equal(stopped('moved_device')?.title, 'say.room.stopped.moved_device');
  assert.equal(stopped('moved_device')?.again, 'say.room.continue_here');
  assert.equal(stopped('in_use')?.title, 'say.room.stopped.in_use');
  assert.equal(stopped('unavailable')?.title, 'say.room.stopped.lost');
  assert.equal(roomView(state({ phase: 'stopped' }), true).stop?.title, 'say.room.stopped.lost');
});

for (const reason of ['removed', 'too_late']) {
  test(`who is told ${reason} is told so, and offered no way back`, () => {
    const stop = stopped(reason);
    assert.equal(stop?.title, `say.room.stopped.${reason}`);
    assert.equal(stop?.text, `say.room.stopped.${reason}.text`);
    assert.deepEqual([stop?.again, stop?.reload], ['', false]);
  });
}

test('whoever found no place may try again', () => {
  for (const reason of ['room_full', 'locked', 'in_use']) assert.equal(stopped(reason)?.again, 'say.room.try_again');
});

test('when the record changed, the page is loaded again to say how', () => {
  assert.equal(stopped('revoked')?.reload, true);
  assert.equal(stopped('no_access')?.reload, true);
  assert.equal(stopped('misbehaved', 'rejoin')?.reload, true);
  assert.equal(stopped('moved_device')?.reload, false);
});

test('a refusal is explained by the steps of the browser at hand', () => {
  assert.deepEqual(troubleWords({ kind: 'denied', device: 'both' }, 'iphone'), {
    title: 'say.device.trouble.denied',
    text: 'say.device.trouble.denied.iphone',
  });
  assert.equal(troubleWords({ kind: 'missing', device: 'camera' }, 'other').title, 'say.device.trouble.missing.camera');
  assert.equal(troubleWords({ kind: 'busy', device: 'both' }, 'other').text, 'say.device.trouble.busy.text');
});

test('sound only is offered where it can help', () => {
  assert.equal(soundMayWork({ kind: 'missing', device: 'camera' }, 'video'), true);
  assert.equal(soundMayWork({ kind: 'denied', device: 'both' }, 'video'), true);
  assert.equal(soundMayWork({ kind: 'missing', device: 'microphone' }, 'video'), false);
  assert.equal(soundMayWork({ kind: 'busy', device: 'microphone' }, 'sound'), false);
  assert.equal(soundMayWork({ kind: 'insecure', device: 'both' }, 'video'), false);
});

test('browsers are told apart by what they say of themselves', () => {
  const iphone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1';
  const android = 'Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36';
  const mac = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15';
  assert.equal(browserKind({ userAgent: iphone }), 'iphone');
  assert.equal(browserKind({ userAgent: android }), 'android');
  assert.equal(browserKind({ userAgent: mac }), 'other');
  assert.equal(browserKind({ userAgent: mac, maxTouchPoints: 5 }), 'iphone');
  assert.equal(isInApp(android), false);
  assert.equal(isInApp(`${android.replace('K)', 'K; wv)')}`), true);
  assert.equal(isInApp(`${iphone} Instagram 300.0`), true);
});

test('a browser without calls is known; a page without https is not blamed on it', () => {
  const able = { RTCPeerConnection: Object, WebSocket: Object, isSecureContext: true, navigator: { mediaDevices: {} } };
  assert.equal(canCall(able), true);
  assert.equal(canCall({ ...able, RTCPeerConnection: undefined }), false);
  assert.equal(canCall({ ...able, navigator: {} }), false);
  assert.equal(canCall({ ...able, navigator: {}, isSecureContext: false }), true);
});
