/** Two pages that send files to each other over paths that a test meddles with and cuts. */
import { createHash } from 'node:crypto';

import { FileTransfer } from '../../../static/js/media/file-transfer.js';

export const PDF = '%PDF-1.7 ';
export const pdf = (size, name = 'plan.pdf') => new File([PDF.padEnd(size, 'x')], name);
export const sha256 = (text) => createHash('sha256').update(text).digest('hex');
export const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Wait until `true`; a test that waits for ever fails by its own time limit. */
export async function until(isSo) {
  while (!isSo()) await turn();
}

/** Two channels of one path. `meddle` may change what goes over; it is cut by `cut()`. */
export function path(meddle = (told) => told) {
  const ends = [0, 1].map(() => ({ isOpen: true, reader: null, early: [], sent: [], blocked: null }));
  ends.forEach((end, index) => {
    const there = ends[1 - index];
    end.send = (told) => {
      if (!end.isOpen) return false;
      end.sent.push(told);
      const data = typeof told === 'string' ? told : told.slice(0);
      queueMicrotask(() => there.isOpen && there.deliver(meddle(data, index)));
      return true;
    };
    end.deliver = (told) => (end.reader ? end.reader(told) : end.early.push(told));
    end.read = (reader) => {
      end.reader = reader;
      for (const told of end.early.splice(0)) reader(told);
    };
    end.untilBuffered = () => end.blocked ?? Promise.resolve();
  });
  ends.cut = () => ends.forEach((end) => (end.isOpen = false));
  return ends;
}

export function side(options) {
  const histories = new Map();
  const transfer = new FileTransfer((view) => histories.set(view.id, [...(histories.get(view.id) ?? []), view]), options);
  return {
    transfer,
    histories,
    get views() {
      return [...histories.values()].map((history) => history.at(-1));
    },
    get last() {
      return this.views.at(-1);
    },
  };
}

export const words = (channel) => channel.sent.filter((told) => typeof told === 'string').map((told) => JSON.parse(told));
export const bytesSent = (channel) =>
  channel.sent.reduce((sum, told) => sum + (typeof told === 'string' ? 0 : told.byteLength), 0);
