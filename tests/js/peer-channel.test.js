import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { carriesChannels, makeChannels } from '../../static/js/media/peer-channel.js';
import { FakeConnection, settled } from './support/fake-connection.js';

let connection;
let told;
let channels;

beforeEach(() => {
  connection = new FakeConnection({});
  told = [];
  makeChannels(connection, (made) => told.push((channels = made)));
});

const open = () => connection.channels.forEach((channel) => channel.become('open'));

test('are the same on both sides without a word about them', () => {
  const shape = connection.channels.map(({ label, options }) => [label, options]);
  assert.deepEqual(shape, [
    ['proof', { negotiated: true, id: 0, ordered: true }],
    ['files', { negotiated: true, id: 1, ordered: true }],
  ]);
});

test('are there once all of them are open, and gone as soon as one is', () => {
  connection.channels[0].become('open');
  assert.deepEqual(told, []);
  connection.channels[1].become('open');
  connection.channels[0].become('closed');
  connection.channels[1].become('closed');
  assert.equal(told.length, 2);
  assert.ok(told[0]);
  assert.equal(told[1], null);
});

describe('what arrives before anybody reads', () => {
  test('is held back and given in order', () => {
    open();
    connection.channels[1].arrive('one');
    connection.channels[1].arrive('two');
    const read = [];
    channels.files.read((each) => read.push(each));
    connection.channels[1].arrive('three');
    assert.deepEqual(read, ['one', 'two', 'three']);
  });

  for (const [what, flood] of [
    ['many messages', Array(65).fill('x')],
    ['large messages', Array(5).fill(new ArrayBuffer(64 * 1024))],
  ]) {
    test(`is not collected without end: ${what}`, () => {
      open();
      for (const each of flood) connection.channels[1].arrive(each);
      assert.equal(connection.channels[1].readyState, 'closed');
      assert.equal(told.at(-1), null);
    });
  }
});

describe('sending', () => {
  test('says when it was not possible', () => {
    open();
    const { files } = channels;
    assert.equal(files.send('here'), true);
    connection.channels[1].send = () => {
      throw new Error('OperationError');
    };
    assert.equal(files.send('full'), false);
    connection.channels[1].become('closed');
    assert.equal(files.send('gone'), false);
    assert.deepEqual(connection.channels[1].sent, ['here']);
  });

  for (const end of ['bufferedamountlow', 'close', 'abort']) {
    test(`waits while much is on its way, until ${end}`, async () => {
      open();
      const raw = connection.channels[1];
      const leaving = new AbortController();
      raw.bufferedAmount = 100;
      let waited = false;
      void channels.files.untilBuffered(50, leaving.signal).then(() => (waited = true));
      await settled();
      assert.equal(waited, false);
      assert.equal(raw.bufferedAmountLowThreshold, 50);
      if (end === 'abort') leaving.abort();
      else raw.dispatchEvent(new Event(end));
      await settled();
      assert.equal(waited, true);
    });
  }
});

test('a description says whether it has a place for them', () => {
  assert.ok(carriesChannels('v=0\r\nm=audio 9 UDP\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n'));
  assert.ok(!carriesChannels('v=0\r\nm=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n'), 'it was refused');
  assert.ok(!carriesChannels('v=0\r\nm=audio 9 UDP\r\n'));
});
