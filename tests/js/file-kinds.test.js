import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { cleanName, isKind, kindOf, MAX_NAME_CHARS } from '../../static/js/media/file-kinds.js';

const bytes = (text) => Uint8Array.from(text.padEnd(12, '.'), (letter) => letter.charCodeAt(0));

describe('what a file is', () => {
  for (const [text, kind] of [
    ['%PDF-1.7', 'application/pdf'],
    ['\xff\xd8\xff\xe0', 'image/jpeg'],
    ['\x89PNG\r\n\x1a\n', 'image/png'],
    ['RIFF....WEBP', 'image/webp'],
    ['....ftypheic', 'image/heic'],
    ['....ftypmif1', 'image/heic'],
  ]) {
    test(`is read from its first bytes: ${kind}`, () => {
      assert.equal(kindOf(bytes(text)), kind);
      assert.ok(isKind(kind));
    });
  }

  for (const text of [
    '<html><script', '<svg xmlns="', 'MZ\x90', 'PK\x03\x04', 'GIF89a', 'RIFF....WAVE', '....ftypqt  ', ' %PDF-1.7',
  ]) {
    test(`is nothing to send: ${JSON.stringify(text)}`, () => assert.equal(kindOf(bytes(text)), null));
  }

  test('is unknown of a file that is shorter than its mark', () => {
    assert.equal(kindOf(new Uint8Array()), null);
    assert.equal(kindOf(bytes('%PDF-1.7').subarray(0, 11)), null);
  });

  for (const kind of ['text/html', 'image/svg+xml', '', null, 'toString']) {
    test(`may not be said to be ${kind}`, () => assert.equal(isKind(kind), false));
  }
});

describe('a name', () => {
  for (const [given, kind, shown] of [
    ['passport.JPG', 'image/jpeg', 'passport.jpg'],
    ['photo.jpeg', 'image/jpeg', 'photo.jpeg'],
    ['خريطة المبنى.pdf', 'application/pdf', 'خريطة المبنى.pdf'],
    ['plan.exe', 'application/pdf', 'plan.exe.pdf'],
    ['../../etc/passwd', 'image/png', 'passwd.png'],
    ['C:\\Users\\me\\plan.pdf', 'application/pdf', 'plan.pdf'],
    ['plan\u202Efdp.exe', 'application/pdf', 'planfdp.exe.pdf'],
    ['a\u0000b\r\nc.pdf', 'application/pdf', 'abc.pdf'],
    ['..', 'image/png', 'file.png'],
    ['', 'image/webp', 'file.webp'],
    ['.htaccess', 'image/png', 'htaccess.png'],
    ['a  "quoted" <b>.png', 'image/png', 'a quoted b.png'],
  ]) {
    test(`${JSON.stringify(given)} becomes ${shown}`, () => assert.equal(cleanName(given, kind), shown));
  }

  test('is not longer than a name may be', () => {
    const name = cleanName(`${'ن'.repeat(500)}.pdf`, 'application/pdf');
    assert.ok([...name].length <= MAX_NAME_CHARS);
    assert.ok(name.endsWith('.pdf'));
  });
});
