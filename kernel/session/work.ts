/** Work that may have to wait: it gives each promise that it waits for, and is given what that resolves to. */
export type Work<T> = Generator<PromiseLike<unknown>, T, unknown>;

/** Does work as far as it goes without waiting; gives a promise if it is not done then. */
export function begin(work: Work<void>): Promise<void> | undefined {
  const first = work.next();
  return first.done === true ? undefined : goOn(work, first);
}

/** Does work, waiting where it must. */
export function finish<T>(work: Work<T>): Promise<T> {
  return goOn(work, undefined);
}

/** Does work that is known not to wait. */
export function finishNow<T>(work: Work<T>): T {
  const first = work.next();
  if (first.done === true) return first.value;
  throw new Error("Cannot load a module at once: expected none that waits, got one that does");
}

async function goOn<T>(
  work: Work<T>,
  first: IteratorResult<PromiseLike<unknown>, T> | undefined,
): Promise<T> {
  let step = first ?? work.next();
  while (step.done !== true) step = await settle(work, step.value);
  return step.value;
}

async function settle<T>(
  work: Work<T>,
  waited: PromiseLike<unknown>,
): Promise<IteratorResult<PromiseLike<unknown>, T>> {
  let value: unknown;
  try {
    value = await waited;
  } catch (error) {
    return work.throw(error);
  }
  return work.next(value);
}
