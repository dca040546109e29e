/** Waiting that can be ended. */

/** What is read, unless one of the signals comes first. */
export async function unlessAborted<T>(
  reading: Promise<T>,
  ...signals: (AbortSignal | undefined)[]
): Promise<T> {
  const present = signals.filter((signal) => signal !== undefined);
  const [first] = present;
  if (first === undefined) return reading;
  const any = present.length === 1 ? first : AbortSignal.any(present);
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => {
      const reason: unknown = any.reason;
      reject(
        reason instanceof Error ? reason : new Error("Cannot go on reading: aborted", { cause: reason }),
      );
    };
    any.addEventListener("abort", stop, { once: true });
    if (any.aborted) stop();
  });
  try {
    return await Promise.race([reading, aborted]);
  } finally {
    any.removeEventListener("abort", stop);
  }
}
