/**
 * How a notebook's Interrupt reaches the library: the kernel puts the running cell's AbortSignal under
 * Symbol.for("Jupyter.signal"). Where there is none, e.g. in a script, nothing interrupts.
 */
const signalSymbol = Symbol.for("Jupyter.signal");

/** The signal that is aborted when the user interrupts the running cell; undefined outside of notebooks. */
export function cellSignal(): AbortSignal | undefined {
  const signal: unknown = Reflect.get(globalThis, signalSymbol);
  return signal instanceof AbortSignal ? signal : undefined;
}

/**
 * Work that an interrupt does not cut in half: the cell ends when it is done.
 * @returns the same promise
 */
export function finishFirst<T>(work: Promise<T>): Promise<T> {
  const signal = cellSignal();
  const waitUntil: unknown = signal && Reflect.get(signal, "waitUntil");
  if (typeof waitUntil === "function") Reflect.apply(waitUntil, signal, [work]);
  return work;
}

/** Options whose signal is the running cell's unless they have one of their own. */
export function interruptible<T extends { readonly signal?: AbortSignal }>(options: T): T {
  const signal = options.signal ?? cellSignal();
  return signal === undefined ? options : { ...options, signal };
}
