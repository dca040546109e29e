import { setImmediate as nextTask } from "node:timers/promises";
import { inspect } from "node:util";
import { currentCell } from "../cell";
import { expectUninterrupted, race } from "../session/awaiting";
import { evaluate } from "../session/evaluate";

/** How often something is timed. */
export interface TimingOptions {
  /** How often it runs in a round. @default such a power of ten that a round takes 0.2 s */
  readonly loops?: number | undefined;
  /** How many rounds there are. @default 7 */
  readonly repeat?: number | undefined;
}

/** So long a round takes at least where its loops are not given, in ms; Python's timeit has the same. */
const roundMs = 200;

const mostLoops = 1e9;

/** So long the process is busy at a stretch: between stretches it hears of interrupts and lets go of what is garbage. */
const stretchMs = 20;

/** How long something took, in ms per loop. */
export class Timing {
  readonly loops: number;
  readonly repeat: number;
  /** Of each round. */
  readonly timings: readonly number[];

  constructor(loops: number, timings: readonly number[]) {
    [this.loops, this.repeat, this.timings] = [loops, timings.length, timings];
  }

  get best(): number {
    return Math.min(...this.timings);
  }

  get worst(): number {
    return Math.max(...this.timings);
  }

  get average(): number {
    return this.timings.reduce((sum, each) => sum + each, 0) / this.repeat;
  }

  /** The standard deviation. */
  get stdev(): number {
    const { average } = this;
    return Math.sqrt(this.timings.reduce((sum, each) => sum + (each - average) ** 2, 0) / this.repeat);
  }

  /** As IPython writes it, and the best round. */
  toString(): string {
    const { average, stdev, best, repeat, loops } = this;
    const [mean, deviation, least] = [average, stdev, best].map(formatTime);
    const rounds = `${repeat} run${repeat === 1 ? "" : "s"}`;
    const each = `${loops.toLocaleString("en-US")} loop${loops === 1 ? "" : "s"} each`;
    return `${mean} ± ${deviation} per loop (mean ± std. dev. of ${rounds}, ${each}; best ${least})`;
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

/**
 * Times a function in rounds of loops, as Python's timeit does; one that gives a promise runs again when it is settled.
 * @throws what the function throws
 */
export async function timeFunction(
  timed: () => unknown,
  { loops, repeat = 7 }: TimingOptions,
): Promise<Timing> {
  const stopwatch = new Stopwatch(timed);
  const count = loops ?? (await findLoops(stopwatch));
  const timings: number[] = [];
  for (let round = 0; round < repeat; round++) timings.push((await stopwatch.time(count)) / count);
  return new Timing(count, timings);
}

async function findLoops(stopwatch: Stopwatch): Promise<number> {
  let loops = 1;
  while (loops < mostLoops && (await stopwatch.time(loops)) < roundMs) loops *= 10;
  return loops;
}

/** A loop of its own for each function that is timed, so that V8 makes it as fast as one that the user writes. */
const loopSource = `(function (timed, loops) {
  let last;
  for (let i = 0; i < loops; i++) last = timed();
  return last;
})`;

class Stopwatch {
  readonly #timed: () => unknown;
  readonly #loop = evaluate(loopSource, "timeit");
  #isAsync: boolean | undefined;
  /** How many loops a stretch has. */
  #stretch = 1;

  constructor(timed: () => unknown) {
    this.#timed = timed;
  }

  /** How long so many loops take, in ms. */
  async time(loops: number): Promise<number> {
    let [left, total] = [loops, 0];
    if (this.#isAsync === undefined) {
      total += await this.#first();
      left--;
    }
    while (left > 0) {
      const count = Math.min(left, this.#stretch);
      const took = this.#isAsync === true ? await this.#await(count) : await this.#run(count);
      [left, total] = [left - count, total + took];
      this.#stretch = Math.ceil(Math.min(count * 10, Math.max((count * stretchMs) / (took || 1e-4), 1)));
    }
    return total;
  }

  /** The first loop, which shows whether there is something to wait for. */
  async #first(): Promise<number> {
    await nextTask();
    const start = performance.now();
    const value = (0, this.#timed)();
    this.#isAsync = isPromise(value);
    if (this.#isAsync) await race(value);
    return performance.now() - start;
  }

  /** Loops in a task of their own, so that an interrupt ends them alone. */
  async #run(loops: number): Promise<number> {
    await nextTask();
    expectUninterrupted();
    const start = performance.now();
    this.#loop(this.#timed, loops);
    return performance.now() - start;
  }

  async #await(loops: number): Promise<number> {
    await nextTask();
    const start = performance.now();
    await race(awaitAll(this.#timed, loops));
    return performance.now() - start;
  }
}

/** Loops that wait for each other; a cell that is interrupted begins no more. */
async function awaitAll(timed: () => unknown, loops: number): Promise<void> {
  const signal = currentCell()?.interruption.signal;
  for (let i = 0; i < loops && signal?.aborted !== true; i++) await timed();
}

function isPromise(value: unknown): boolean {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

/** A time of so many ms to three digits, as IPython writes it: "12.3 μs", "1min 5s". */
export function formatTime(ms: number): string {
  if (ms >= 60_000) {
    const seconds = Math.floor(ms / 1000);
    const parts = [
      [Math.floor(seconds / 86_400), "d"],
      [Math.floor(seconds / 3600) % 24, "h"],
      [Math.floor(seconds / 60) % 60, "min"],
      [seconds % 60, "s"],
    ] as const;
    return parts.flatMap(([value, unit]) => (value > 0 ? [`${value}${unit}`] : [])).join(" ");
  }
  const units = ["s", "ms", "μs", "ns"];
  const order = ms > 0 ? Math.min(-Math.floor(Math.floor(Math.log10(ms / 1000)) / 3), 3) : 3;
  return `${Number(((ms / 1000) * 1000 ** order).toPrecision(3))} ${units[order]}`;
}
