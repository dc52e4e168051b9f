import assert from 'node:assert/strict';
import { test } from 'node:test';

import { appointmentState, ASKING, byeKey, isLive, joining, mediaProblemKey, phaseOf, pictureTrouble, refusalKey, STAGE } from '../../static/js/pages/agent-stage.js';

test('each stage of the customer, online and offline, has its phase', () => {
  /** @type {const} */
  const cells = [
    ['waiting', true, 'waiting'],
    ['waiting', false, 'waitingOffline'],
    ['preparing', true, 'preparing'],
    ['preparing', false, 'waitingOffline'],
    ['admitted', true, 'inCall'],
    ['admitted', false, 'inCallOffline'],
    ['held', true, 'held'],
    ['held', false, 'held'],
    ['left', true, 'left'],
    ['left', false, 'left'],
  ];
  for (const [stage, online, phase] of cells) assert.equal(phaseOf({ stage, online }, false), phase);
});

test('whoever was called in while away is shown as that until they come', () => {
  const called = { stage: /** @type {const} */ ('waiting'), summonedUntil: 1 };
  assert.equal(phaseOf({ ...called, online: false }, false), 'summoned');
  assert.equal(phaseOf({ ...called, online: true }, false), 'waiting');
  assert.equal(phaseOf({ ...called, online: false }, true), 'ended');
  assert.deepEqual(STAGE.waitingOffline.actions, ['summon']);
  assert.equal(appointmentState('summoned'), 'waiting');
});

test('an ended room is ended whoever is in it', () => {
  assert.equal(phaseOf({ stage: 'admitted', online: true }, true), 'ended');
  assert.equal(phaseOf(null, true), 'ended');
});

test('before the customer has come nobody can be called in', () => {
  assert.deepEqual(STAGE[phaseOf(null, false)].actions, []);
});

test('calling in is offered only for somebody who is online and not yet in the call', () => {
  const phases = Object.entries(STAGE).filter(([, view]) => view.actions.includes('callIn')).map(([phase]) => phase);
  assert.deepEqual(phases, ['waiting', 'preparing']);
});

test('the picture is uncovered only in a call with somebody online', () => {
  assert.deepEqual(Object.entries(STAGE).filter(([, view]) => !view.covers).map(([phase]) => phase), ['inCall']);
});

test('the state beside the name follows the customer, and stays as it was once nobody is there', () => {
  /** @type {const} */
  const cells = [
    ['waiting', 'waiting'],
    ['waitingOffline', 'waiting'],
    ['preparing', 'waiting'],
    ['inCall', 'in_session'],
    ['inCallOffline', 'in_session'],
    ['held', 'in_session'],
    ['absent', null],
    ['left', null],
    ['ended', 'over'],
  ];
  for (const [phase, state] of cells) assert.equal(appointmentState(phase), state);
});

test('a picture whose path is lost is spoken of only in the call', () => {
  assert.equal(pictureTrouble('inCall', 'connected'), null);
  assert.equal(pictureTrouble('inCall', 'disconnected'), 'peer_lost');
  assert.equal(pictureTrouble('inCall', 'failed'), 'peer_lost');
  assert.equal(pictureTrouble('held', 'failed'), null);
  assert.equal(pictureTrouble('inCall', undefined), null);
});

test('a code without words of its own gets the general ones', () => {
  assert.equal(byeKey('in_use'), 'bye_in_use');
  assert.equal(byeKey('too_slow'), 'bye_other');
  assert.equal(refusalKey('not_here'), 'refused_not_here');
  assert.equal(refusalKey('stale_pc'), 'refused_other');
  assert.equal(mediaProblemKey('busy'), 'media_busy');
  assert.equal(mediaProblemKey('odd'), 'media_unknown');
});

test('who only watches a running call is asked before they take part in it', () => {
  const customer = (stage) => ({ id: 'customer', host: false, stage });
  const official = (stage) => ({ id: 'staff.2', host: true, stage });
  const watching = { id: 'staff.1', host: true, stage: 'watching' };
  const asked = (...participants) => joining({ self: watching, participants });
  for (const stage of ['admitted', 'held']) {
    assert.equal(asked(customer(stage), official('admitted')), ASKING.hosted);
    assert.equal(asked(customer(stage), official('held')), ASKING.hosted);
    for (const other of ['watching', 'waiting', 'left']) {
      assert.equal(asked(customer(stage), official(other)), ASKING.unattended);
    }
    assert.equal(asked(customer(stage)), ASKING.unattended);
    assert.equal(joining({ self: { ...watching, stage: 'admitted' }, participants: [customer(stage)] }), null);
  }
  for (const stage of ['waiting', 'preparing', 'left']) {
    assert.equal(asked(customer(stage), official('admitted')), null, 'there is no call yet, or none any more');
  }
  assert.equal(asked(), null);
  assert.equal(joining({ self: null, participants: [] }), null);
});

test('a page is live once it is in the room, until its call is over', () => {
  const self = { id: 'staff.1', host: true, stage: 'watching' };
  assert.equal(isLive({ phase: 'waiting', self: null }), false);
  for (const phase of ['waiting', 'in_call', 'held']) assert.equal(isLive({ phase, self }), true, phase);
  for (const phase of ['left', 'ended', 'stopped']) assert.equal(isLive({ phase, self }), false, phase);
});
