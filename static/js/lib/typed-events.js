/**
 * An EventTarget whose event names and details are typed.
 *
 * @template {Record<string, unknown>} Events Map of event name to the type of its detail.
 */
export class TypedEvents extends EventTarget {
  /**
   * Call `listener` with the detail of every such event until `signal` aborts.
   *
   * @template {keyof Events & string} Name
   * @param {Name} name
   * @param {(detail: Events[Name]) => void} listener
   * @param {{ signal?: AbortSignal | undefined, once?: boolean }} [options]
   */
  on(name, listener, { signal, once = false } = {}) {
    const handle = (/** @type {Event} */ event) =>
      listener(/** @type {CustomEvent<Events[Name]>} */ (event).detail);
    this.addEventListener(name, handle, signal ? { signal, once } : { once });
  }

  /**
   * Tell the listeners, synchronously and in the order they were added.
   *
   * @template {keyof Events & string} Name
   * @param {Name} name
   * @param {Events[Name]} detail
   */
  emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
