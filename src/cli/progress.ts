/** How far a command is, as one line of a terminal that is written over and over. */

/** Options of progressLine(). */
export interface ProgressOptions {
  /** Seconds since the start. */
  readonly seconds: number;
  /** Width of the bar in characters. @default 24 */
  readonly width?: number;
}

/**
 * A bar, a count and the time left; where the total is not known, the count and the time taken.
 * @example
 * progressLine(30, 120, { seconds: 2, width: 8 })
 * // "██░░░░░░   30/120   25 %   6 s left"
 */
export function progressLine(done: number, total: number | undefined, options: ProgressOptions): string {
  const { seconds, width = 24 } = options;
  if (total === undefined) return `${done}   ${duration(seconds)}`;
  const part = total === 0 ? 1 : done / total;
  const filled = Math.floor(part * width);
  const bar = "█".repeat(filled) + "░".repeat(width - filled);
  const left = done === 0 ? "" : `   ${duration((seconds / done) * (total - done))} left`;
  return `${bar}   ${done}/${total}   ${Math.floor(part * 100)} %${left}`;
}

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Shows progress while a command runs. */
export interface ProgressBar {
  show(done: number, total: number | undefined): void;
  /** Takes the line away. */
  clear(): void;
}

/** Ten lines a second are as many as one sees. */
const MILLISECONDS_BETWEEN_LINES = 100;

/** A progress bar on a terminal; on a stream that is none it shows nothing. */
export function createProgressBar(stream: NodeJS.WriteStream): ProgressBar {
  const start = performance.now();
  let last = 0;
  if (!stream.isTTY) return { show: () => undefined, clear: () => undefined };
  return {
    show(done, total) {
      const now = performance.now();
      if (now - last < MILLISECONDS_BETWEEN_LINES && done !== total) return;
      last = now;
      stream.write(`\r\x1b[K${progressLine(done, total, { seconds: (now - start) / 1000 })}`);
    },
    clear: () => stream.write("\r\x1b[K"),
  };
}
