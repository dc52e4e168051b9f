/**
 * Which files may go from one side to the other: what they are is read from their first bytes, never from
 * their names. `vap_meet/domain/attachment.py` holds what is attached to the same rules.
 */

/** @typedef {'application/pdf' | 'image/jpeg' | 'image/png' | 'image/webp' | 'image/heic'} FileKind */

export const MAX_FILE_BYTES = 20 * 1024 * 1024;
/** So many bytes tell what a file is. */
export const MAGIC_BYTES = 12;
export const MAX_NAME_CHARS = 100;

/** @type {ReadonlyMap<FileKind, readonly string[]>} The endings of each, the usual one first. */
const ENDINGS = new Map([
  ['application/pdf', ['pdf']],
  ['image/jpeg', ['jpg', 'jpeg']],
  ['image/png', ['png']],
  ['image/webp', ['webp']],
  ['image/heic', ['heic', 'heif']],
]);

const HEIC_BRANDS = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1']);

/**
 * Say what a file is.
 *
 * @param {Uint8Array} first Its first `MAGIC_BYTES`.
 * @returns {FileKind | null} Null for anything that may not be sent.
 */
export function kindOf(first) {
  if (first.length < MAGIC_BYTES) return null;
  const letters = String.fromCharCode(...first.subarray(0, MAGIC_BYTES));
  if (letters.startsWith('%PDF-')) return 'application/pdf';
  if (letters.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (letters.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (letters.startsWith('RIFF') && letters.endsWith('WEBP')) return 'image/webp';
  if (letters.slice(4, 8) === 'ftyp' && HEIC_BRANDS.has(letters.slice(8))) return 'image/heic';
  return null;
}

/**
 * @param {unknown} kind
 * @returns {kind is FileKind}
 */
export function isKind(kind) {
  return ENDINGS.has(/** @type {FileKind} */ (kind));
}

/**
 * Make a name fit to be shown and saved: no folders, nothing invisible or turning the text round, an ending
 * that says what the file is.
 *
 * @param {string} name
 * @param {FileKind} kind
 */
export function cleanName(name, kind) {
  const [usual = '', ...others] = ENDINGS.get(kind) ?? [];
  const last = name.split(/[\\/]/).at(-1) ?? '';
  const plain = last.replace(/[\p{C}\p{Zl}\p{Zp}<>:"|?*]/gu, '').replace(/\s+/gu, ' ').replace(/^[. ]+|[. ]+$/g, '');
  const [, stem = plain, ending = ''] = /^(.*)\.(\w{1,5})$/su.exec(plain) ?? [];
  const fits = [usual, ...others].includes(ending.toLowerCase());
  const kept = [...(fits ? stem : plain)].slice(0, MAX_NAME_CHARS - 6).join('').trim();
  return `${kept || 'file'}.${fits ? ending.toLowerCase() : usual}`;
}
