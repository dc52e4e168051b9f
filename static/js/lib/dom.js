/**
 * Find an element that the template promises.
 *
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} type Its class, e.g. `HTMLButtonElement`.
 * @returns {T}
 * @throws {Error} if the page has no such element or it is of another class.
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (element instanceof type) return element;
  throw new Error(`no ${type.name} with id ${id} on this page`);
}

/**
 * Find the first match inside `root`.
 *
 * @template {Element} T
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => T} type
 * @returns {T}
 * @throws {Error} if there is none or it is of another class.
 */
export function one(root, selector, type) {
  const element = root.querySelector(selector);
  if (element instanceof type) return element;
  throw new Error(`no ${type.name} matches ${selector}`);
}

/** @param {Element} element */
export function show(element) {
  element.removeAttribute('hidden');
}

/** @param {Element} element */
export function hide(element) {
  element.setAttribute('hidden', '');
}

/**
 * @param {Element} element
 * @param {boolean} visible
 */
export function setVisible(element, visible) {
  element.toggleAttribute('hidden', !visible);
}

/**
 * Set text only when it differs, so that a live region is not read out again.
 *
 * @param {Pick<Element, 'textContent'>} element
 * @param {string} value
 */
export function setText(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

/**
 * Make an element with a class and, if given, text.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} className
 * @param {string} [textContent]
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, className, textContent) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (textContent !== undefined) element.textContent = textContent;
  return element;
}

/**
 * Listen to a DOM event for as long as `signal` lives.
 *
 * @template {keyof HTMLElementEventMap | keyof DocumentEventMap | keyof WindowEventMap} Name
 * @param {EventTarget} target
 * @param {Name} name
 * @param {(event: (HTMLElementEventMap & DocumentEventMap & WindowEventMap)[Name]) => void} listener
 * @param {AbortSignal} [signal]
 */
export function listen(target, name, listener, signal) {
  target.addEventListener(name, /** @type {EventListener} */ (listener), signal ? { signal } : {});
}
