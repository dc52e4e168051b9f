import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { notes } from '../../static/js/pages/feature-notes.js';
import { pictureKey } from '../../static/js/pages/tile-view.js';
import { view } from './support/fake-socket.js';

const official = (changes) => view('staff.1', { stage: 'admitted', name: 'Agent 1', camera: 'on', ...changes });
const own = (changes) => ({ trouble: 'none', camera: 'on', participants: [], ...changes });
const keys = (state, side = 'customer') => notes(state, side).map(({ key }) => key);

describe('what is said of the pictures', () => {
  test('is nothing while all is well', () => {
    assert.deepEqual(keys(own({ participants: [official()] })), []);
  });

  test('is of oneself what the device or the network did', () => {
    assert.deepEqual(keys(own({ trouble: 'device' })), ['own_phone']);
    assert.deepEqual(keys(own({ trouble: 'device' }), 'agent'), ['own_device']);
  });

  const others = [
    [{ shows: 'screen' }, 'screen'],
    [{ shows: 'document' }, 'document'],
    [{ trouble: 'network' }, 'smaller'],
    [{ trouble: 'network', camera: 'off' }, 'paused'],
    [{ trouble: 'device', camera: 'off' }, 'device'],
    [{ trouble: 'network', shows: 'document' }, 'smaller'],
  ];
  for (const [does, key] of others) {
    test(`is «${key}» of somebody with ${JSON.stringify(does)}`, () => {
      assert.deepEqual(notes(own({ participants: [official(does)] }), 'customer'), [{ key, name: 'Agent 1' }]);
    });
  }

  test('is one’s own first, and nothing of somebody who is not in the call', () => {
    const participants = [official({ shows: 'screen' }), official({ stage: 'held', shows: 'screen' })];
    assert.deepEqual(keys(own({ trouble: 'device', participants })), ['own_phone', 'screen']);
  });
});

describe('a tile without a picture', () => {
  const cases = [
    [{ camera: 'none', microphone: 'on' }, 'sound_only'],
    [{ camera: 'none', microphone: 'off' }, 'sound_only'],
    [{ camera: 'none', microphone: 'none' }, 'listens'],
    [{ camera: 'off', microphone: 'on' }, 'off'],
    [{ camera: 'off', microphone: 'on', trouble: 'device' }, 'paused'],
    [{ camera: 'off', microphone: 'on', trouble: 'network' }, 'weak'],
  ];
  for (const [does, key] of cases) {
    test(`of ${JSON.stringify(does)} says «${key}»`, () => assert.equal(pictureKey(does), key));
  }
});
