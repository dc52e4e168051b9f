import { byId, setText, setVisible } from '../lib/dom.js';

/** @import { FileKind } from '../media/file-kinds.js' */

const MAX_SIDE = 2_400; // what a phone's canvas surely holds

/** @type {ReadonlySet<FileKind>} */
const PICTURES = new Set(['image/jpeg', 'image/png', 'image/webp']);

/**
 * Draw a picture into the dialog: decoded pixels, so nothing that a file may hold besides is ever shown or run.
 *
 * @param {Blob} blob
 * @param {string} name
 * @returns {Promise<boolean>} False if this browser can't read it.
 */
export async function viewPicture(blob, name) {
  const picture = await createImageBitmap(blob).catch(() => null);
  if (!picture) return false;
  const scale = Math.min(1, MAX_SIDE / Math.max(picture.width, picture.height));
  const canvas = byId('files-picture', HTMLCanvasElement);
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  canvas.setAttribute('aria-label', name);
  picture.close();
  setText(byId('files-viewed', HTMLElement), name);
  setViewing(true);
  return true;
}

/** @param {boolean} viewing */
export function setViewing(viewing) {
  setVisible(byId('files-viewer', HTMLElement), viewing);
  setVisible(byId('files-body', HTMLElement), !viewing);
  if (viewing) return byId('files-back', HTMLButtonElement).focus();
  const canvas = byId('files-picture', HTMLCanvasElement);
  canvas.width = canvas.height = 1; // its pixels are a lot of memory
}

/**
 * Whether this page can show a file of a kind: pictures itself, a PDF in a tab where the browser has a viewer.
 *
 * @param {FileKind} kind
 */
export function isShown(kind) {
  return kind === 'application/pdf' ? navigator.pdfViewerEnabled : PICTURES.has(kind);
}

/**
 * Show a PDF in a tab of the browser's own viewer, which knows nothing of this page.
 *
 * @param {Blob} blob Of that type, so that nothing else can be made of its bytes.
 */
export function viewDocument(blob) {
  follow(blob, { target: '_blank', rel: 'noopener' });
}

/**
 * Let the browser save a file where its user wants it.
 *
 * @param {Blob} blob
 * @param {string} name
 */
export function saveFile(blob, name) {
  follow(blob, { download: name });
}

/**
 * @param {Blob} blob
 * @param {Partial<HTMLAnchorElement>} how
 */
function follow(blob, how) {
  const url = URL.createObjectURL(blob);
  Object.assign(document.createElement('a'), { href: url, ...how }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // Safari reads it a moment later
}
