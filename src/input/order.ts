/**
 * Works on several items at once and gives the results in the items' order; on leaving early, waits for those under way.
 * @param parallel  how many at once
 */
export async function* inOrder<A, B>(
  items: Iterable<A> | AsyncIterable<A>,
  parallel: number,
  work: (item: A) => Promise<B>,
): AsyncGenerator<B> {
  const running: Promise<B>[] = [];
  try {
    for await (const item of items) {
      running.push(work(item));
      const first = running.length < parallel ? undefined : running.shift();
      if (first !== undefined) yield await first;
    }
    for (let next = running.shift(); next !== undefined; next = running.shift()) yield await next;
  } finally {
    await Promise.allSettled(running);
  }
}
