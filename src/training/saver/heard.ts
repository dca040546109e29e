/** Errors of work in the background, of which somebody must hear. */

/** A promise that knows whether anyone waits for it; nobody has to. */
class Awaitable<T> extends Promise<T> {
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  isAwaited = false;

  override then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.isAwaited = true;
    return super.then(onFulfilled, onRejected);
  }
}

interface Failure {
  readonly error: unknown;
  readonly result: { readonly isAwaited: boolean };
}

/** All that wait to be heard; a process that has nothing else to do ends with one. */
const unheard = new Set<Failure>();
process.on("beforeExit", () => {
  const failure = [...unheard].find(({ result }) => !result.isAwaited);
  unheard.clear();
  if (failure !== undefined) throw failure.error;
});

/** The errors of one worker's tasks. */
export class Failures {
  private first: Failure | undefined;

  /**
   * What the caller of a task gets: waits for it, if the caller wants.
   * @returns the task's result, and a promise that never rejects for the next task to wait for
   */
  watch<T>(work: Promise<T>): { readonly result: Promise<T>; readonly done: Promise<void> } {
    const result = new Awaitable<T>((resolve, reject) => {
      work.then(resolve, reject);
    });
    const keep = (error: unknown): void => {
      const failure = { error, result };
      this.first ??= failure;
      unheard.add(failure);
    };
    void Promise.prototype.then.call(result, undefined, () => undefined); // a rejection that is awaited later
    return { result, done: work.then(() => undefined, keep) };
  }

  /** Throws the first error of a task that nobody has waited for, once. */
  throwUnheard(): void {
    if (this.first?.result.isAwaited === false) this.throwFirst();
  }

  /** Throws the first error since the last time, also if it was heard. */
  throwFirst(): void {
    const { first } = this;
    if (first === undefined) return;
    this.first = undefined;
    unheard.delete(first);
    throw first.error;
  }
}
