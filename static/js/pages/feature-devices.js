/**
 * Changes microphone, camera and, where the browser truly can, speaker, without the call noticing.
 *
 * @import { Call } from '../media/call.js'
 * @import { CallState } from '../media/call-state.js'
 * @import { Surroundings } from './call-features.js'
 */
import { byId, listen, make, setVisible } from '../lib/dom.js';
import { text } from '../lib/page-data.js';

/** @typedef {'audioinput' | 'videoinput' | 'audiooutput'} Kind */

/** @type {Record<Kind, string>} */
const CHOICES = { audioinput: 'choose-microphone', videoinput: 'choose-camera', audiooutput: 'choose-speaker' };

const canChooseSpeaker = 'setSinkId' in HTMLMediaElement.prototype;

/**
 * @param {Call} call
 * @param {Surroundings} surroundings
 */
export function start(call, { say, signal }) {
  const row = byId('devices', HTMLButtonElement);
  const panel = byId('devices-panel', HTMLElement);
  const flip = byId('flip-camera', HTMLButtonElement);
  let speaker = '';

  const refresh = async () => {
    const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    for (const kind of /** @type {Kind[]} */ (Object.keys(CHOICES))) fill(kind, devices, chosen(kind));
    const cameras = devices.filter(({ kind }) => kind === 'videoinput').length;
    setVisible(flip, cameras > 1 && matchMedia('(pointer: coarse)').matches && call.state.camera !== 'none');
  };
  /** @param {Kind} kind */
  const chosen = (kind) => {
    if (kind === 'audiooutput') return speaker;
    const { audio, video } = call.state.localMedia?.tracks ?? {};
    return (kind === 'audioinput' ? audio : video)?.getSettings().deviceId ?? null;
  };
  /** @param {Kind} kind @param {string} id */
  const use = async (kind, id) => {
    if (kind === 'audiooutput') {
      speaker = id;
      await Promise.all(sounds().map((each) => each.setSinkId(id))).catch(() => say(text('say.call.device_failed')));
      return;
    }
    const used = await call.state.localMedia?.useDevice(kind === 'audioinput' ? 'audio' : 'video', id);
    if (!used) say(text('say.call.device_failed'));
    await refresh();
  };

  listen(row, 'click', () => {
    const open = panel.hasAttribute('hidden');
    setVisible(panel, open);
    row.setAttribute('aria-expanded', String(open));
    if (open) void refresh();
  }, signal);
  for (const [kind, id] of Object.entries(CHOICES)) {
    const select = byId(id, HTMLSelectElement);
    listen(select, 'change', () => void use(/** @type {Kind} */ (kind), select.value), signal);
  }
  listen(flip, 'click', async () => {
    if (!(await call.state.localMedia?.flip())) say(text('say.call.device_failed'));
  }, signal);
  navigator.mediaDevices.addEventListener('devicechange', () => void refresh(), { signal });
  setVisible(row, true);
  /** @type {CallState['localMedia'] | undefined} */
  let before;
  return (/** @type {CallState} */ { localMedia, instead }) => {
    // What there is to choose is told only to who may use it: another camera, once one is on.
    if (localMedia !== before) void refresh();
    before = localMedia;
    flip.disabled = instead !== null || localMedia?.kind !== 'video';
    // Whoever comes later is heard from the same speaker.
    if (speaker) for (const each of sounds()) if (each.sinkId !== speaker) each.setSinkId(speaker).catch(() => undefined);
  };
}

/** @returns {HTMLAudioElement[]} */
function sounds() {
  return /** @type {HTMLAudioElement[]} */ ([...document.querySelectorAll('.vap-tile__audio')]);
}

/**
 * Offer the devices of a kind; a kind that leaves no choice is not shown.
 *
 * @param {Kind} kind
 * @param {readonly MediaDeviceInfo[]} all
 * @param {string | null} chosen Null while there is none in use.
 */
function fill(kind, all, chosen) {
  const select = byId(CHOICES[kind], HTMLSelectElement);
  const devices = all.filter((each) => each.kind === kind && each.deviceId !== '');
  const can = devices.length > 0 && chosen !== null && (kind !== 'audiooutput' || canChooseSpeaker);
  const field = select.closest('.field');
  if (field) setVisible(field, can);
  const options = devices.map(({ deviceId, label }, index) => {
    const option = make('option', '', label || `${text(`say.call.${kind}`)} ${index + 1}`);
    option.value = deviceId;
    option.selected = deviceId === (chosen || 'default');
    return option;
  });
  select.replaceChildren(...options);
}
