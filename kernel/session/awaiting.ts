import { currentCell } from "../cell";

/** What `await` in a cell awaits: the same, but an interrupt of the cell rejects it, so that the cell's work stops there. */
export function race<T>(work: T): T | Promise<Awaited<T>> {
  return currentCell()?.interruption.race<Awaited<T>>(Promise.resolve(work)) ?? work;
}

/** Begins nothing for a cell that was interrupted before it came to run. */
export function expectUninterrupted(): void {
  currentCell()?.interruption.signal.throwIfAborted();
}

/** Whether the cell whose work this is was interrupted. */
export function isInterrupted(): boolean {
  return currentCell()?.interruption.signal.aborted === true;
}

/** What `for await` in a cell iterates over: the same, but an interrupt of the cell rejects the waiting for the next element. */
export function each(elements: unknown): unknown {
  if (!isAsyncIterable(elements)) return elements;
  return {
    [Symbol.asyncIterator]: () => {
      const iterator = elements[Symbol.asyncIterator]();
      return {
        next: () => race(iterator.next()),
        return: async (value?: unknown) => (await iterator.return?.(value)) ?? { done: true, value },
      };
    },
  };
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
