import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { INITIAL, isFinal, mediaPlan, offersTo, reduce } from '../../static/js/media/call-state.js';
import { view, welcome } from './support/fake-socket.js';

const STAGES = ['watching', 'waiting', 'preparing', 'admitted', 'held', 'left'];

const apply = (...events) => events.reduce(reduce, INITIAL);
const entered = (changes = {}) => ({ type: 'welcome', welcome: welcome(changes), now: 0 });
const room = (...participants) => ({ type: 'room', room: { ended: false, participants } });
const line = (id, at, seq = at) => ({ seq, at, sender: 'customer', id, text: id });
const said = (chatLine) => ({ type: 'chat', line: chatLine });

describe('the phase', () => {
  const expected = {
    watching: 'watching',
    waiting: 'waiting',
    preparing: 'preparing',
    admitted: 'in_call',
    held: 'held',
    left: 'left',
  };
  for (const stage of STAGES) {
    test(`of whoever is ${stage} is ${expected[stage]}`, () => {
      const state = apply(entered(), room(view('customer', { stage }), view('staff.1')));
      assert.equal(state.phase, expected[stage]);
      assert.deepEqual(state.participants.map(({ id }) => id), ['staff.1']);
    });
  }

  test('follows the stage back and forth, until it is final', () => {
    const phases = [];
    let state = apply(entered());
    for (const stage of ['preparing', 'waiting', 'admitted', 'held', 'admitted', 'left', 'waiting']) {
      state = reduce(state, room(view('customer', { stage })));
      phases.push(state.phase);
    }
    const history = ['preparing', 'waiting', 'in_call', 'held', 'in_call', 'left', 'left'];
    assert.deepEqual(phases, history);
  });

  test('of an ended room is ended, whatever the stage', () => {
    const ended = { ended: true, participants: [view('customer', { stage: 'admitted' })] };
    assert.equal(apply(entered(), { type: 'room', room: ended }).phase, 'ended');
    assert.equal(apply(entered({ room: ended })).phase, 'ended');
  });

  test('after the server closed for good says why', () => {
    const bye = (action, reason) => ({ type: 'bye', bye: { type: 'bye', action, reason } });
    assert.equal(apply(entered(), bye('stop', 'ended')).phase, 'ended');
    assert.equal(apply(entered(), bye('stop', 'left')).phase, 'left');
    const moved = apply(entered(), bye('stop', 'moved_device'), { type: 'closed' });
    assert.deepEqual([moved.phase, moved.bye.reason], ['stopped', 'moved_device']);
    assert.equal(apply(entered(), bye('rejoin', 'restarting')).bye.action, 'rejoin');
    const resuming = apply(entered(), bye('resume', 'restarting'));
    assert.deepEqual([resuming.phase, resuming.bye], ['waiting', null]);
  });

  test('is final only where it says so', () => {
    const phases = ['connecting', 'watching', 'waiting', 'preparing', 'in_call', 'held', 'left', 'ended', 'stopped'];
    assert.deepEqual(phases.filter(isFinal), ['left', 'ended', 'stopped']);
  });
});

describe('the conversation', () => {
  test('shows each line once, in the order of the log, whichever way it came', () => {
    const state = apply(
      entered({ chat: [line('a', 1), line('b', 2)] }),
      said(line('d', 4)),
      said(line('b', 2)),
      said(line('c', 3)),
      entered({ epoch: 'another', chat: [line('d', 4, 1), line('e', 5, 2)] }),
    );
    assert.deepEqual(state.chat.map(({ id }) => id), ['a', 'b', 'c', 'd', 'e']);
  });

  test('keeps lines of two people with the same id apart', () => {
    const other = { ...line('a', 2), sender: 'staff.1' };
    assert.equal(apply(entered(), said(line('a', 1)), said(other)).chat.length, 2);
  });
});

describe('the connection', () => {
  const link = (state) => ({ type: 'link', id: 'staff.1', state });
  const signaling = (status) => ({ type: 'signaling', status });

  test('is reconnecting while the line or a path is lost', () => {
    assert.equal(apply(entered(), signaling('reconnecting')).connection, 'reconnecting');
    assert.equal(apply(entered(), signaling('reconnecting'), signaling('open')).connection, 'good');
    const talking = [entered(), room(view('customer', { stage: 'admitted' }), view('staff.1'))];
    assert.equal(apply(...talking, link('disconnected')).connection, 'reconnecting');
    assert.equal(apply(...talking, link('failed'), link('connected')).connection, 'good');
    assert.equal(apply(...talking, link('failed'), link(null)).connection, 'good');
  });

  test('does not worry anybody about a path that carries nothing yet', () => {
    const called = [entered(), room(view('customer', { stage: 'preparing' }), view('staff.1'))];
    assert.equal(apply(...called, link('failed')).connection, 'good');
  });

  test('is nothing to worry about once the call is over', () => {
    assert.equal(apply(entered(), signaling('reconnecting'), { type: 'left' }).connection, 'good');
  });
});

test('the server time is known from welcome on', () => {
  const state = apply({ type: 'welcome', welcome: welcome({ serverTime: 5_000 }), now: 2_000 });
  assert.equal(state.serverOffsetMs, 3_000);
});

describe('media paths', () => {
  for (const mine of STAGES) {
    for (const theirs of STAGES) {
      // By the stage of the one while the other is in the call.
      const levels = { waiting: 'ready', preparing: 'warm', admitted: 'live', held: 'ready' };
      const inCall = mine === 'admitted' ? levels[theirs] : theirs === 'admitted' ? levels[mine] : undefined;
      const called = ['waiting', 'preparing'];
      const [one, other] = mine === 'watching' ? [mine, theirs] : [theirs, mine];
      const expected = one === 'watching' && called.includes(other) ? 'ready' : inCall;
      test(`between ${mine} and ${theirs}: ${expected ?? 'none'}`, () => {
        const plan = mediaPlan(view('customer', { stage: mine }), [view('staff.1', { stage: theirs })]);
        assert.equal(plan.get('staff.1'), expected);
      });
    }
  }

  test('are not made ahead for somebody who is away, but kept for one in the call', () => {
    const staff = view('staff.1');
    const plan = (stage) => mediaPlan(staff, [view('customer', { stage, online: false })]).get('customer');
    assert.equal(plan('waiting'), undefined);
    assert.equal(plan('admitted'), 'live');
  });

  test('are made ahead to no more who watch than could be in a call, and to nobody who watches a running one', () => {
    const watchers = ['staff.1', 'staff.2', 'staff.3', 'staff.4', 'staff.5'].map((id) => view(id, { stage: 'watching' }));
    watchers[1].online = false;
    const plan = (stage) => [...mediaPlan(view('customer', { stage }), watchers)];
    const ahead = [['staff.1', 'ready'], ['staff.3', 'ready'], ['staff.4', 'ready']];
    for (const stage of ['waiting', 'preparing']) assert.deepEqual(plan(stage), ahead);
    for (const stage of ['admitted', 'held', 'left']) assert.deepEqual(plan(stage), []);
    const [one, , ...others] = watchers;
    assert.deepEqual([...mediaPlan(one, [...others, view('customer', { stage: 'admitted' })])], []);
  });

  test('begin in the moment in which who watched chooses somebody', () => {
    const customer = (stage) => view('customer', { stage });
    const staff = (stage) => view('staff.1', { stage });
    const level = (mine, theirs) => mediaPlan(staff(mine), [customer(theirs)]).get('customer');
    const levels = [level('watching', 'waiting'), level('admitted', 'preparing'), level('admitted', 'admitted')];
    assert.deepEqual(levels, ['ready', 'warm', 'live']);
  });

  test('are offered by the host, between equals by the lower id', () => {
    const [customer, first, second] = ['customer', 'staff.1', 'staff.2'].map((id) => view(id));
    assert.deepEqual([offersTo(first, customer), offersTo(customer, first)], [true, false]);
    assert.deepEqual([offersTo(first, second), offersTo(second, first)], [true, false]);
  });
});
