import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { PathWatch } from '../../static/js/media/path-watch.js';
import { FakeConnection, settled } from './support/fake-connection.js';

let timers;
let connection;
let watch;
let told;

beforeEach((t) => {
  timers = t.mock.timers;
  timers.enable({ apis: ['setTimeout'] });
  connection = new FakeConnection({});
  connection.connectionState = 'connected';
  watch = new PathWatch(connection);
  told = [];
  for (const name of ['stalled', 'silent', 'flowing']) watch.on(name, () => told.push(name));
});

/** Let it look so many times; `step` happens before each look. */
async function looks(count, step = () => undefined) {
  for (let look = 0; look < count; look += 1) {
    step();
    timers.tick(50);
    await settled();
  }
}

const play = () => (connection.played += 20);

describe('a path', () => {
  test('is asked nothing while it is being made, and watched from then on whatever becomes of it', async () => {
    connection.connectionState = 'connecting';
    let asked = 0;
    const receivers = connection.getReceivers.bind(connection);
    connection.getReceivers = () => {
      asked += 1;
      return receivers();
    };
    await looks(20);
    assert.equal(asked, 0);
    connection.connectionState = 'connected';
    await looks(5, play);
    connection.connectionState = 'connecting'; // a restart
    await looks(9);
    assert.deepEqual(told, ['stalled']);
  });

  test('over which nothing was heard yet is not judged', async () => {
    await looks(100);
    assert.deepEqual(told, []);
  });

  test('is stalled after half a second of silence, silent after one and a half', async () => {
    await looks(5, play);
    await looks(8);
    assert.deepEqual(told, []);
    await looks(1);
    assert.deepEqual(told, ['stalled']);
    await looks(20);
    assert.deepEqual(told, ['stalled']);
    await looks(1);
    assert.deepEqual(told, ['stalled', 'silent']);
    await looks(100);
    assert.deepEqual(told, ['stalled', 'silent'], 'each is told once');
  });

  test('flows again with the first sound or picture', async () => {
    await looks(5, play);
    await looks(9);
    await looks(1, play);
    assert.deepEqual(told, ['stalled', 'flowing']);
    await looks(9);
    assert.deepEqual(told, ['stalled', 'flowing', 'stalled']);
  });

  test('of somebody who turned everything off is fine: packets still come', async () => {
    await looks(5, play);
    await looks(6, () => (connection.received += 40));
    await looks(100);
    assert.deepEqual(told, []);
  });

  test('flows again with the first packet of any kind', async () => {
    await looks(5, play);
    await looks(10);
    await looks(1, () => (connection.received += 40));
    assert.deepEqual(told, ['stalled', 'flowing']);
  });

  test('that is closed is not judged any more', async () => {
    await looks(5, play);
    watch.close();
    await looks(100);
    assert.deepEqual(told, []);
  });
});
