import { createProgressBar } from "./progress";

/** What a command's work is given. */
export interface Watched {
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: { readonly done: number; readonly total: number | undefined }) => void;
}

/**
 * Runs a command's work under a progress bar on stderr, until Ctrl-C.
 * @param interrupted  what is said when that ends it
 */
export async function watched<T>(interrupted: string, work: (watched: Watched) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const interrupt = (): void => stop.abort(new Error(interrupted));
  const bar = createProgressBar(process.stderr);
  process.once("SIGINT", interrupt);
  try {
    return await work({ signal: stop.signal, onProgress: ({ done, total }) => bar.show(done, total) });
  } finally {
    bar.clear();
    process.off("SIGINT", interrupt);
  }
}
