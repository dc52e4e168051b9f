import { byId, hide, listen, one, setText, setVisible, show } from '../lib/dom.js';
import { nameOf } from '../lib/names.js';
import { isolated, text } from '../lib/page-data.js';
import { MediaProblem, openMedia } from '../media/local-media.js';
import { isTaken } from '../media/taken.js';
import { browserKind } from './browser.js';
import { troubleWords } from './device-words.js';

/**
 * @import { Call } from '../media/call.js'
 * @import { CallState } from '../media/call-state.js'
 * @import { VapChat } from '../elements/chat.js'
 */

/**
 * Wire every microphone and camera button of the page to the call. A device that was not chosen at the
 * start is opened when its button is pressed.
 *
 * @param {Call} call
 * @param {(words: string) => void} say Told why a device does not open.
 * @param {AbortSignal} signal
 * @returns {(state: CallState) => void} Shows a state on the buttons.
 */
export function mediaControls(call, say, signal) {
  const buttons = [...document.querySelectorAll('button[data-toggle]')].map((element) => ({
    element: /** @type {HTMLButtonElement} */ (element),
    label: one(element, 'span', HTMLElement),
    medium: /** @type {'microphone' | 'camera'} */ (/** @type {HTMLElement} */ (element).dataset['toggle']),
  }));
  for (const { element, medium } of buttons) {
    listen(element, 'click', () => (medium === 'camera' ? toggleCamera(call, say) : toggleMicrophone(call, say)), signal);
  }
  return ({ mic, camera }) => {
    for (const { element, label, medium } of buttons) {
      const on = (medium === 'camera' ? camera : mic) === 'on';
      element.toggleAttribute('data-off', !on);
      const words = medium === 'camera' ? ['camera_off', 'camera_on'] : ['mute', 'unmute'];
      setText(label, text(`say.room.${on ? words[0] : words[1]}`));
    }
  };
}

/**
 * @param {Call} call
 * @param {(words: string) => void} say
 */
async function toggleCamera(call, say) {
  const { camera, localMedia } = call.state;
  if (camera === 'off' && isTaken(localMedia?.tracks.video)) return void localMedia?.reopen('video');
  if (camera !== 'none') return call.setCamera(camera === 'off');
  return reopen(call, true, say);
}

/**
 * @param {Call} call
 * @param {(words: string) => void} say
 */
async function toggleMicrophone(call, say) {
  const { mic, camera, localMedia } = call.state;
  if (mic === 'off' && isTaken(localMedia?.tracks.audio)) return void localMedia?.reopen('audio');
  if (mic !== 'none') return call.setMicrophone(mic === 'off');
  return reopen(call, camera !== 'none', say);
}

/**
 * @param {Call} call
 * @param {boolean} video
 * @param {(words: string) => void} say
 */
async function reopen(call, video, say) {
  const muted = call.state.mic === 'off';
  const media = await openMedia({ video });
  if (media instanceof MediaProblem) return say(text(troubleWords(media, browserKind(navigator)).title));
  media.setMicrophone(!muted);
  return call.replaceLocal(media);
}

/**
 * Wire the chat: a sheet over the call on a phone, a column beside it on a wide screen.
 *
 * @param {Call} call
 * @param {(words: string) => void} say
 * @param {AbortSignal} signal
 * @returns {(state: CallState) => void} Shows the conversation of a state.
 */
export function chatSheet(call, say, signal) {
  const opener = byId('open-chat', HTMLButtonElement);
  const sheet = byId('chat-sheet', HTMLElement);
  const badge = byId('chat-unread', HTMLElement);
  const chat = /** @type {VapChat} */ (byId('chat', HTMLElement));
  let unread = 0;
  chat.send = (line) => call.sendChat(line);
  // Whoever has left meanwhile may be unknown here; then it was the official, as between two.
  const companion = (/** @type {string} */ id) => {
    const sender = call.state.participants.find((each) => each.id === id);
    return !sender || sender.host ? '' : nameOf(sender);
  };
  chat.nameOf = (id) => companion(id) || text('say.room.official');

  const count = (/** @type {number} */ lines) => {
    unread = lines;
    setVisible(badge, unread > 0);
    setText(badge, String(unread));
  };
  const open = () => {
    show(sheet);
    opener.setAttribute('aria-expanded', 'true');
    byId('section-call', HTMLElement).toggleAttribute('data-chat', true);
    count(0);
    say('');
    chat.focusInput();
  };
  const close = () => {
    hide(sheet);
    opener.setAttribute('aria-expanded', 'false');
    byId('section-call', HTMLElement).toggleAttribute('data-chat', false);
    opener.focus();
  };
  listen(opener, 'click', () => (sheet.hidden ? open() : close()), signal);
  listen(byId('close-chat', HTMLButtonElement), 'click', close, signal);
  listen(sheet, 'keydown', ({ code }) => code === 'Escape' && close(), signal);
  call.on(
    'chat',
    ({ sender }) => {
      const talking = call.state.phase === 'in_call' || call.state.phase === 'held';
      if (!sheet.hidden || sender === chat.selfId || !talking) return;
      count(unread + 1);
      const name = companion(sender);
      say(name ? text('say.room.chat_unread_of', { name: isolated(name) }) : text('say.room.chat_unread'));
    },
    { signal },
  );

  return ({ self, phase, chat: lines }) => {
    chat.selfId = self?.id ?? '';
    chat.toggleAttribute('disabled', phase !== 'in_call');
    chat.show(lines);
  };
}
