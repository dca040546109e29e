/** How often, in ms. */
const everyMs = 20;

/**
 * Has this thread look for messages of the inspector's until that is ended by what it gives: under Node 26 an answer of the
 * main thread's that comes while this thread is about to sleep may lie there for half a minute, until something else wakes it.
 */
export function keepAwake(): () => void {
  const timer = setInterval(() => undefined, everyMs).unref();
  return () => clearInterval(timer);
}
