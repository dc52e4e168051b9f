import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';

import { getJson, HttpProblem, postJson, putJson } from '../../static/js/lib/http.js';

let base;
let answer;
let seen;
const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  seen = { method: request.method, headers: request.headers, body };
  answer(response);
});

before(async () => {
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  base = `http://127.0.0.1:${server.address().port}/`;
});

after(() => {
  server.closeAllConnections();
  server.close();
});

const reply = (status, body) => (response) => response.writeHead(status).end(body);

test('sends JSON with the version it is based on, and reads JSON', async () => {
  answer = reply(200, '{"version":4}');
  assert.deepEqual(await putJson(base, { code: 'resolved' }, { ifMatch: 3 }), { version: 4 });
  assert.equal(seen.method, 'PUT');
  assert.equal(seen.headers['if-match'], '"3"');
  assert.equal(seen.headers['content-type'], 'application/json');
  assert.equal(seen.body, '{"code":"resolved"}');
});

test('an answer without content is null', async () => {
  answer = reply(204);
  assert.equal(await postJson(base, {}), null);
});

test('a problem keeps its code, sentence and fields', async () => {
  answer = reply(409, '{"code":"version_conflict","detail":"Somebody was faster.","fields":{"code":"x"}}');
  await assert.rejects(getJson(base), (error) => {
    assert.ok(error instanceof HttpProblem);
    assert.equal(error.status, 409);
    assert.equal(error.code, 'version_conflict');
    assert.equal(error.detail, 'Somebody was faster.');
    assert.deepEqual(error.fields, { code: 'x' });
    return true;
  });
});

test('a page of a proxy is a problem of unknown code', async () => {
  answer = reply(502, '<html>');
  await assert.rejects(getJson(base), { status: 502, code: 'unknown' });
});

test('a success that is no JSON is a problem', async () => {
  answer = reply(200, '<html>');
  await assert.rejects(getJson(base), { status: 200, code: 'unreadable' });
});

test('a silent server is given up after the deadline', async () => {
  answer = () => undefined;
  await assert.rejects(getJson(base, { deadlineMs: 20 }), { status: 0, code: 'unreachable' });
});

test('the caller can give up, and sees its own reason', async () => {
  answer = () => undefined;
  const leaving = new AbortController();
  const waiting = getJson(base, { signal: leaving.signal });
  leaving.abort(new Error('left the page'));
  await assert.rejects(waiting, { message: 'left the page' });
});
