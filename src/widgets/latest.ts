import { cellSignal } from "../interrupt";

/**
 * Has work done again whenever it is asked for, one at a time: what is asked for meanwhile is done once, at the end. Work that
 * an interrupt has stopped may never end: it is not waited for any more, and what it gives is not taken.
 */
export function latest<T>(work: () => Promise<T>, take: (result: T) => void): () => Promise<void> {
  let isAsked = false;
  let current: { readonly signal: AbortSignal | undefined; done: Promise<void> } | undefined;

  function begin(): { done: Promise<void> } {
    const round = (current = { signal: cellSignal(), done: Promise.resolve() });
    const go = async (): Promise<void> => {
      while (isAsked && current === round) {
        isAsked = false;
        const result = await work();
        if (current === round) take(result);
      }
      if (current === round) current = undefined;
    };
    round.done = go();
    return round;
  }
  return () => {
    isAsked = true;
    const going = current?.signal?.aborted === true ? undefined : current;
    return (going ?? begin()).done;
  };
}
