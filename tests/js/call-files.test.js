import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { TypedEvents } from '../../static/js/lib/typed-events.js';
import { CallFiles } from '../../static/js/pages/call-files.js';
import { path, pdf, turn, until } from './support/file-sides.js';
import { view } from './support/fake-socket.js';

let call;
let files;
let shown;
let over;

/** Somebody in the call, and their end of the path. */
function meet(id, changes) {
  const [theirs, ours] = path();
  theirs.said = [];
  theirs.read((told) => typeof told === 'string' && theirs.said.push(JSON.parse(told)));
  call.state.participants.push(view(id, { stage: 'admitted', ...changes }));
  call.channels.set(id, { files: ours });
  call.emit('channels', { id });
  return theirs;
}

function begin({ attaches }) {
  over = new AbortController();
  shown = new Map();
  call = Object.assign(new TypedEvents(), { state: { participants: [] }, channels: new Map() });
  const changed = (file) => shown.set(`${file.with} ${file.direction}`, file);
  files = new CallFiles(call, { attaches, changed, signal: over.signal });
}

describe('a customer’s page', () => {
  beforeEach(() => begin({ attaches: false }));

  test('believes of an official that a file was attached, and of nobody else', async () => {
    const official = meet('staff.1', { host: true });
    const companion = meet('guest.1', { host: false });
    assert.equal(await files.send(pdf(100)), null);
    await until(() => official.said.length && companion.said.length);
    const tell = (end, type) => end.send(JSON.stringify({ type, id: end.said[0].id }));
    tell(companion, 'attached');
    await turn();
    assert.equal(shown.get('guest.1 out').attached, false);
    tell(official, 'attached');
    await turn();
    assert.equal(shown.get('staff.1 out').attached, true);
    tell(companion, 'withdrawn');
    await turn();
    assert.equal(shown.get('staff.1 out').attached, true);
  });

  test('knows a file by who sent it: another cannot stop it with its id', async () => {
    const official = meet('staff.1', { host: true });
    const companion = meet('guest.1', { host: false });
    await files.send(pdf(100));
    await until(() => official.said.length && companion.said.length);
    companion.send(JSON.stringify({ type: 'refuse', id: official.said[0].id, why: 'type' }));
    await turn();
    assert.equal(shown.get('staff.1 out').state, 'waiting');
  });

  test('sends nothing when nobody is there, and ends what is on its way with whoever leaves', async () => {
    assert.equal(await files.send(pdf(100)), 'nobody');
    meet('staff.1', { host: true });
    await files.send(pdf(100));
    files.follow({ participants: [view('staff.1', { stage: 'left' })] });
    assert.deepEqual([shown.get('staff.1 out').state, shown.get('staff.1 out').why], ['failed', 'lost']);
  });
});

test('an official’s page believes nobody: it is the one that attaches', async () => {
  begin({ attaches: true });
  const colleague = meet('staff.2', { host: true });
  await files.send(pdf(100));
  await until(() => colleague.said.length);
  colleague.send(JSON.stringify({ type: 'attached', id: colleague.said[0].id }));
  await turn();
  assert.equal(shown.get('staff.2 out').attached, false);
});
