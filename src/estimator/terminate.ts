/** SIGTERM, by which a machine's owner asks for it back, as an AbortSignal. */

/** Listens for SIGTERM while work goes on, which then ends in its own time; after that the process ends as it would have. */
export async function untilTerminated<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const onTerm = (): void =>
    controller.abort(new Error("Terminated by SIGTERM: a checkpoint of the last step was saved"));
  process.on("SIGTERM", onTerm);
  try {
    return await work(controller.signal);
  } finally {
    process.off("SIGTERM", onTerm);
    // Others who listen had the signal already; where nobody does, Node's own way is to end.
    if (controller.signal.aborted && process.listenerCount("SIGTERM") === 0) process.kill(process.pid, "SIGTERM"); // prettier-ignore
  }
}
