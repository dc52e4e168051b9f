// The floor under every call: two peer connections in one page, with no line between them but a function call.

const videos = /** @type {HTMLVideoElement[]} */ ([...document.querySelectorAll('video')]);
const call = /** @type {HTMLButtonElement} */ (document.getElementById('call'));

// The same picture and sound as our own pages ask for.
const stream = await navigator.mediaDevices.getUserMedia({
  video: { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 30 } },
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
});

call.onclick = async () => {
  const [one, other] = videos.map((video) => {
    const pc = new RTCPeerConnection();
    pc.ontrack = ({ streams }) => {
      video.srcObject = streams[0] ?? null;
    };
    for (const track of stream.getTracks()) pc.addTrack(track, stream);
    return pc;
  });
  if (!one || !other) throw new Error('two videos make two connections');
  one.onicecandidate = ({ candidate }) => other.addIceCandidate(candidate ?? undefined);
  other.onicecandidate = ({ candidate }) => one.addIceCandidate(candidate ?? undefined);
  await one.setLocalDescription();
  await other.setRemoteDescription(one.localDescription ?? { type: 'offer' });
  await other.setLocalDescription();
  await one.setRemoteDescription(other.localDescription ?? { type: 'answer' });
};
call.disabled = false;
