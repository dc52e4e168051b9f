import assert from 'node:assert/strict';
import { test } from 'node:test';

import { speech } from '../../static/js/media/opus.js';

const sdp = (...lines) => ['v=0', 'm=audio 9 UDP/TLS/RTP/SAVPF 111 63', ...lines, 'm=video 9 X 96', ''].join('\r\n');
const WANTED = 'useinbandfec=1;usedtx=1;maxaveragebitrate=24000';

test('what a browser offers keeps everything else and asks for loss-proof speech', () => {
  const before = sdp('a=rtpmap:111 opus/48000/2', 'a=fmtp:111 minptime=10;useinbandfec=1', 'a=rtpmap:63 red/48000/2', 'a=fmtp:63 111/111');
  const after = sdp('a=rtpmap:111 opus/48000/2', `a=fmtp:111 minptime=10;${WANTED}`, 'a=rtpmap:63 red/48000/2', 'a=fmtp:63 111/111');
  assert.equal(speech(before), after);
  assert.equal(speech(after), after, 'once is enough');
});

test('a rate that was set otherwise gives way', () => {
  const told = speech(sdp('a=rtpmap:109 opus/48000/2', 'a=fmtp:109 maxplaybackrate=48000; maxaveragebitrate=510000;stereo=1'));
  assert.match(told, /^a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1;usedtx=1;maxaveragebitrate=24000\r$/m);
});

test('a description that says nothing of Opus is told where Opus is', () => {
  assert.equal(speech(sdp('a=rtpmap:111 opus/48000/2')), sdp('a=rtpmap:111 opus/48000/2', `a=fmtp:111 ${WANTED}`));
});

test('a description without Opus stays as it is', () => {
  for (const text of ['', 'offer 1', sdp('a=rtpmap:0 PCMU/8000')]) assert.equal(speech(text), text);
});
