import { HttpProblem } from '../lib/http.js';
import { byId, one, setText, show } from '../lib/dom.js';

/** @import { CallFile } from './call-files.js' */

const DEADLINE_MS = 120_000;

/**
 * Keep a file with the appointment. The same id again keeps it once.
 *
 * @param {string} url Of this file.
 * @param {CallFile & { blob: Blob }} file
 * @param {string} sender The participant who sent it.
 * @throws {HttpProblem}
 */
export async function attach(url, { blob, name, sha256 }, sender) {
  const bytes = (sha256.match(/../g) ?? []).map((pair) => parseInt(pair, 16));
  /** @type {Response} */
  let response;
  try {
    response = await fetch(url, {
      method: 'PUT',
      credentials: 'same-origin',
      headers: {
        accept: 'application/json',
        'content-type': 'application/octet-stream',
        'content-digest': `sha-256=:${btoa(String.fromCharCode(...bytes))}:`,
        'x-file-name': encodeURIComponent(name),
        'x-file-sender': sender,
      },
      body: blob,
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
  } catch (error) {
    throw new HttpProblem({ status: 0, code: 'unreachable', detail: String(error) });
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new HttpProblem({ status: response.status, code: String(answer?.code ?? 'unknown') });
}

/**
 * Add a file to the record beside the call.
 *
 * @param {string} url
 * @param {string} name
 */
export function listAttached(url, name) {
  const { content } = byId('attachment-row', HTMLTemplateElement);
  const row = one(document.importNode(content, true), 'li', HTMLElement);
  const link = one(row, 'a', HTMLAnchorElement);
  link.href = url;
  setText(one(link, 'bdi', HTMLElement), name);
  one(row, 'form', HTMLFormElement).action = `${url}/withdraw`;
  byId('attachments-list', HTMLElement).append(row);
  show(byId('attachments', HTMLElement));
}
