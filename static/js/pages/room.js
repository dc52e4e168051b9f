import '../elements/chat.js';
import '../elements/clocks.js';
import '../elements/mic-meter.js';
import '../elements/video-tile.js';
import { byId, listen, setText, setVisible } from '../lib/dom.js';
import { pageData, text } from '../lib/page-data.js';
import { Call } from '../media/call.js';
import { MediaProblem, openMedia } from '../media/local-media.js';
import { SignalingClient } from '../signaling/client.js';
import { whenAnswered } from './answer-watch.js';
import { Bell, stayAwake } from './attention.js';
import { canCall, isInApp } from './browser.js';
import { chatSheet, mediaControls } from './call-controls.js';
import { checkButton } from './check-start.js';
import { DeviceCheck } from './device.js';
import { deviceQuestion } from './device-question.js';
import { featuresWhenTalking } from './features-start.js';
import { connect } from './fresh-connection.js';
import { asked, guardBack } from './leave-guard.js';
import { comesBack, memory, recall } from './room-memory.js';
import { RoomPage } from './room-page.js';
import { isMoving, measure } from './quality-start.js';
import { isCalled, officialIn, roomView } from './room-view.js';
import { waitingRoom } from './waiting-start.js';

/**
 * @import { CallState } from '../media/call-state.js'
 * @import { LocalMedia } from '../media/local-media.js'
 */

// A page that is turned away as soon as it is loaded would only load again and again.
const RELOAD_AFTER_MS = 3_000;

const { visit, signalUrl, statusUrl, waitedMs } =
  /** @type {{ visit: string, signalUrl: string, statusUrl: string, waitedMs: number | null }} */ (pageData());
const element = (/** @type {string} */ id) => byId(id, HTMLElement);
const page = new RoomPage(waitedMs);
const bell = new Bell();
const present = new AbortController(); // until this person is out of the room for good

const connection = checkButton(present.signal);
const check = new DeviceCheck((device) => {
  setVisible(element('enter'), device.media !== null);
  setVisible(element('enter-without-box'), device.failed);
  leadElsewhere(device.failed && isInApp(navigator.userAgent));
  connection.offer(device);
}, present.signal);

/** Begin as far as this browser and an earlier choice allow. */
async function begin() {
  if (!canCall(globalThis)) {
    leadElsewhere(true);
    return page.go('browser');
  }
  const choice = recall(visit);
  if (!choice) return page.go('preview');
  if (choice.left && isReloaded()) return page.go('left');
  if (choice.way === 'none') return enter(null);
  const media = await openMedia({ video: choice.way === 'video' });
  if (media instanceof MediaProblem) {
    page.go('preview');
    check.way = choice.way;
    check.explain(media);
    leadElsewhere(isInApp(navigator.userAgent));
    return setVisible(element('enter-without-box'), true);
  }
  media.setMicrophone(choice.microphone);
  media.setCamera(choice.camera);
  return enter(media);
}

let led = false;

/**
 * Show the way to a real browser, also where an app's own view can call but gives no camera or microphone: none
 * of its settings would help.
 *
 * @param {boolean} needed
 */
function leadElsewhere(needed) {
  setVisible(element('section-browser'), needed);
  if (!needed || led) return;
  led = true;
  void import('./other-browser.js').then(({ offerOtherBrowser }) => offerOtherBrowser());
}

/** @param {LocalMedia | null} media */
function enter(media) {
  const { signal } = present;
  leadElsewhere(false);
  connection.stop();
  const url = new URL(signalUrl, location.href).href.replace(/^http/, 'ws');
  const client = new SignalingClient({ url });
  const call = new Call({ client, media, connect });
  measure({
    url: 'quality',
    path: () => call.paths.get(officialIn(call.state)?.id ?? ''),
    picture: () => isMoving(officialIn(call.state)),
    signal,
  });
  const say = (/** @type {string} */ words) => page.say(words);
  const parts = [mediaControls(call, say, signal), chatSheet(call, say, signal), memory(visit), ringWhenCalled()];
  const askDevice = deviceQuestion(byId('device-dialog', HTMLDialogElement), call, signal);
  const show = () => {
    const view = roomView(call.state, navigator.onLine);
    if (view.stop?.reload && performance.now() > RELOAD_AFTER_MS) return location.reload();
    for (const part of parts) part(call.state);
    askDevice(view.asked);
    return page.render(call.state, view);
  };
  call.on('change', show);
  call.on('met', (met) => page.attach(call.state, met));
  call.on('stopped', ({ phase }) => {
    present.abort();
    const dialog = byId('leave-dialog', HTMLDialogElement);
    if (dialog.open) dialog.close('stay');
    const answers = document.getElementById('read-answer') !== null; // a guest is told none
    if (phase !== 'stopped' && answers) whenAnswered(statusUrl, () => page.answered(), new AbortController().signal);
  });
  leavingAsksFirst(call);
  stayAwake(signal);
  waitingRoom(call, client, () => bell.ring(), signal);
  featuresWhenTalking(call, { side: 'customer', say, signal });
  // Whoever waits has time to read; nothing of it is needed to be called in.
  if (document.querySelector('[data-request-card]')) {
    void import('./request-card.js').then(({ fillRequestCards }) => fillRequestCards(signal), () => {});
  }
  for (const name of /** @type {const} */ (['online', 'offline'])) listen(window, name, show, signal);
  for (const name of /** @type {const} */ (['online', 'pageshow'])) listen(window, name, () => call.nudge(), signal);
  listen(document, 'visibilitychange', () => document.hidden || call.nudge(), signal);
  show();
  call.start();
}

/** Whether this page was loaded again as it stood, instead of by a link. */
function isReloaded() {
  const [navigation] = performance.getEntriesByType('navigation');
  return navigation instanceof PerformanceNavigationTiming && navigation.type === 'reload';
}

/** @returns {(state: CallState) => void} */
function ringWhenCalled() {
  let rung = false;
  return (state) => {
    const called = isCalled(state) || state.phase === 'in_call';
    if (called && !rung) bell.ring();
    if (called || state.phase === 'waiting') rung = called;
  };
}

/** @param {Call} call */
function leavingAsksFirst(call) {
  const dialog = byId('leave-dialog', HTMLDialogElement);
  const ask = () => {
    const key = page.section === 'call' ? 'say.room.leave_title' : 'say.room.leave_waiting_title';
    setText(element('leave-title'), text(key));
    return asked(dialog);
  };
  const leave = () => void call.leave();
  for (const id of ['leave', 'waiting-leave']) {
    listen(element(id), 'click', async () => (await ask()) && leave(), present.signal);
  }
  guardBack(async () => !closeSheet() && ask(), leave, present.signal);
}

/** Back closes what lies over the call, and does nothing else then. */
function closeSheet() {
  const button = document.querySelector('#section-call :is(.sheet, .more):not([hidden]) [data-close]');
  if (!(button instanceof HTMLElement)) return false;
  button.click();
  return true;
}

// Any first touch allows sound: after a reload nobody presses "join" again.
listen(document, 'pointerdown', () => bell.arm(), present.signal);
listen(element('enter'), 'click', () => {
  bell.arm();
  enter(check.take());
});
listen(element('enter-without'), 'click', () => {
  bell.arm();
  check.close();
  enter(null);
});
/**
 * Do what a button is for, loaded when it is pressed; some people's page does not have it.
 *
 * @param {string} id
 * @param {() => Promise<unknown>} run
 */
function onDemand(id, run) {
  const button = document.getElementById(id);
  if (button) listen(button, 'click', () => void run());
}
onDemand('waiting-companions', async () => (await import('./companions.js')).openCompanions());
onDemand('prove-start', async () => (await import('./prove-phone.js')).proveByPhone());
for (const id of ['rejoin', 'stopped-again']) {
  listen(element(id), 'click', () => {
    comesBack(visit);
    location.reload();
  });
}

void begin();
