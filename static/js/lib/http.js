const DEADLINE_MS = 15_000;

/** An answer of the server that is no success, or no answer at all (status 0, code 'unreachable'). */
export class HttpProblem extends Error {
  /**
   * @param {{ status: number, code: string, detail?: string, fields?: Record<string, string> }} problem
   */
  constructor({ status, code, detail = '', fields = {} }) {
    super(`${status} ${code}`);
    this.name = 'HttpProblem';
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.fields = fields;
  }
}

/**
 * @typedef {object} RequestOptions
 * @property {AbortSignal} [signal] Gives the request up; then it rejects with the signal's reason.
 * @property {number | string} [ifMatch] The version this change is based on.
 * @property {number} [deadlineMs]
 */

/**
 * @param {string} url
 * @param {RequestOptions} [options]
 * @returns {Promise<any>} The parsed body; null for 204.
 * @throws {HttpProblem}
 */
export function getJson(url, options) {
  return request('GET', url, undefined, options);
}

/**
 * @param {string} url
 * @param {unknown} body
 * @param {RequestOptions} [options]
 * @returns {Promise<any>}
 * @throws {HttpProblem}
 */
export function putJson(url, body, options) {
  return request('PUT', url, body, options);
}

/**
 * @param {string} url
 * @param {unknown} body
 * @param {RequestOptions} [options]
 * @returns {Promise<any>}
 * @throws {HttpProblem}
 */
export function postJson(url, body, options) {
  return request('POST', url, body, options);
}

/**
 * @param {string} url
 * @param {RequestOptions} [options]
 * @returns {Promise<any>}
 * @throws {HttpProblem}
 */
export function remove(url, options) {
  return request('DELETE', url, undefined, options);
}

/**
 * @param {string} method
 * @param {string} url
 * @param {unknown} body
 * @param {RequestOptions} [options]
 */
async function request(method, url, body, { signal, ifMatch, deadlineMs = DEADLINE_MS } = {}) {
  /** @type {Record<string, string>} */
  const headers = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (ifMatch !== undefined) headers['if-match'] = `"${ifMatch}"`;
  // AbortSignal.any is missing in browsers we still serve.
  const either = new AbortController();
  const giveUp = () => either.abort(signal?.reason);
  const deadline = setTimeout(() => either.abort(), deadlineMs);
  if (signal?.aborted) giveUp();
  signal?.addEventListener('abort', giveUp, { once: true });
  try {
    const response = await fetch(url, {
      method,
      headers,
      credentials: 'same-origin',
      signal: either.signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const content = response.status === 204 ? null : await response.json().catch(() => undefined);
    if (!response.ok) throw toProblem(response.status, content);
    if (content === undefined) throw new HttpProblem({ status: response.status, code: 'unreadable' });
    return content;
  } catch (error) {
    if (error instanceof HttpProblem) throw error;
    if (signal?.aborted) throw signal.reason;
    throw new HttpProblem({ status: 0, code: 'unreachable', detail: String(error) });
  } finally {
    clearTimeout(deadline);
    signal?.removeEventListener('abort', giveUp);
  }
}

/**
 * Read an `application/problem+json` body (RFC 9457); anything else becomes code 'unknown'.
 *
 * @param {number} status
 * @param {any} body
 */
function toProblem(status, body) {
  const text = (/** @type {unknown} */ value) => (typeof value === 'string' ? value : '');
  return new HttpProblem({
    status,
    code: text(body?.code) || 'unknown',
    detail: text(body?.detail),
    fields: typeof body?.fields === 'object' && body.fields ? body.fields : {},
  });
}
