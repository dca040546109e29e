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
 * Does work that an interrupt does not cut in half: the cell ends when it is done. If it hears the cell's signal, it ends soon, and has
 * taken away what it had begun.
 * @returns what the work gives
 */
export function finishFirst<T>(work: () => Promise<T>): Promise<T> {
  const signal = cellSignal();
  const waitUntil: unknown = signal && Reflect.get(signal, "waitUntil");
  if (typeof waitUntil !== "function") return work();
  const done = Promise.resolve().then(work); // known to the kernel before it begins
  Reflect.apply(waitUntil, signal, [done]);
  return done;
}

/**
 * Runs synchronous work that an interrupt does not end halfway, such as changing what several things rely on.
 * @returns what the work gives
 * @throws {Error} instead of beginning, if the cell was interrupted while it was busy, unless there is work to be finished first
 */
export function shielded<T>(work: () => T): T {
  const signal = cellSignal();
  const shield: unknown = signal && Reflect.get(signal, "shield");
  if (typeof shield !== "function") return work();
  let result: { readonly value: T } | undefined;
  Reflect.apply(shield, signal, [() => (result = { value: work() })]);
  if (result === undefined)
    throw new Error("Cannot go on: expected the kernel to run what was to be shielded");
  return result.value;
}

/** What Node does until a signal ends it: with the signal's reason, where Node has an AbortError of its own. */
export async function endedBy<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/** Options whose signal is that of the running cell, too. */
export function interruptible<T extends { readonly signal?: AbortSignal }>(options: T): T {
  const cell = cellSignal();
  if (cell === undefined || cell === options.signal) return options;
  return {
    ...options,
    signal: options.signal === undefined ? cell : AbortSignal.any([options.signal, cell]),
  };
}
