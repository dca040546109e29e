import { cellSignal, finishFirst } from "../../interrupt";

/** The same function, whose calls wait for one another; an interrupt lets the one that has begun finish, and begins no other. */
export function inTurn<A extends readonly unknown[], R>(
  work: (...args: A) => Promise<R>,
): (...args: A) => Promise<R> {
  let last: Promise<unknown> = Promise.resolve();
  return (...args) => {
    const signal = cellSignal();
    const next = last.then(() => {
      signal?.throwIfAborted();
      return work(...args);
    });
    last = next.catch(() => undefined);
    return finishFirst(() => next);
  };
}
