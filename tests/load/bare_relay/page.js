// The least that makes a call: an open camera, one peer connection, a relay. One side clicks, the other answers.

const local = /** @type {HTMLVideoElement} */ (document.getElementById('local'));
const remote = /** @type {HTMLVideoElement} */ (document.getElementById('remote'));
const call = /** @type {HTMLButtonElement} */ (document.getElementById('call'));

// The same picture and sound as our own pages ask for.
const stream = await navigator.mediaDevices.getUserMedia({
  video: { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 30 } },
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
});
local.srcObject = stream;
const socket = new WebSocket(`ws://${location.host}/relay${location.search}`);
const send = (/** @type {object} */ message) => socket.send(JSON.stringify(message));

/** @type {RTCPeerConnection | null} */
let pc = null;
function connection() {
  if (pc) return pc;
  pc = new RTCPeerConnection();
  pc.onicecandidate = ({ candidate }) => send({ candidate });
  pc.ontrack = ({ streams }) => {
    remote.srcObject = streams[0] ?? null;
  };
  for (const track of stream.getTracks()) pc.addTrack(track, stream);
  return pc;
}

// One message after the other: a candidate must not overtake its offer.
let before = Promise.resolve();
socket.onmessage = ({ data }) => {
  before = before.then(() => take(JSON.parse(data)));
};

/** @param {{ description?: RTCSessionDescriptionInit, candidate?: RTCIceCandidateInit | null }} message */
async function take({ description, candidate }) {
  const peer = connection();
  if (description) {
    await peer.setRemoteDescription(description);
    if (description.type === 'offer') {
      await peer.setLocalDescription();
      send({ description: peer.localDescription });
    }
  } else if (candidate) {
    await peer.addIceCandidate(candidate);
  }
}

call.onclick = async () => {
  const peer = connection();
  await peer.setLocalDescription();
  send({ description: peer.localDescription });
};
socket.onopen = () => {
  call.disabled = false;
};
