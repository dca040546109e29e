/** Precision "auto": both are timed on a function's first calls, and the faster one is kept and remembered. */
import type { RecordedPrecision } from "./precision";
import { currentRecording } from "./recording";
import {
  keyOf,
  recordingsOf,
  type Call,
  type Entry,
  type Recordings,
  type RecordingsOptions,
} from "./recordings";
import { hasBfloat16, memoryKey, recall, remember, type Measured } from "./remembered";
import { signatureOf } from "./signature";
import type { TensorTree } from "./tree";

/** Which precision has which call: one of each to warm up, then in turn so that a machine's drift meets both alike. */
const TURNS = ["bfloat16", "float32", "float32", "bfloat16", "bfloat16", "float32", "float32", "bfloat16"] as const; // prettier-ignore
/** The part of float32's time that bfloat16 may take: for a smaller gain its rounding isn't worth it. */
const WORTH = 0.95;

/** How far the choice for one form of arguments is. */
interface Trial {
  /** Of the arguments that are timed: other sizes of an open batch take other times. */
  readonly sizes: string;
  readonly memoryKey: string;
  readonly taken: Readonly<Record<RecordedPrecision, number[]>>;
  calls: number;
  measured?: Measured;
}

/** The recordings of each precision. */
type Both<A> = Readonly<Record<RecordedPrecision, Recordings<A>>>;

/**
 * Recordings in both precisions, until one is chosen. Each call runs once, in one of them: nothing is computed, drawn or assigned
 * twice. Inside another recording nothing can be timed: there it is what was chosen before, else float32.
 */
export function measuredRecordings<A extends readonly TensorTree[]>(
  fn: (...args: A) => TensorTree,
  options: Omit<RecordingsOptions, "precision">,
): Recordings<A> {
  const float32 = recordingsOf(fn, { ...options, precision: "float32" });
  if (!hasBfloat16()) return float32;
  const of: Both<A> = { float32, bfloat16: recordingsOf(fn, { ...options, precision: "bfloat16" }) };
  const trials = new Map<string, Trial>();
  const all = (): Entry[] => [...float32.all(), ...of.bfloat16.all()];
  return {
    all,
    callOf: float32.callOf,
    prepare(call) {
      const key = keyOf(call, options.batch);
      const isInside = currentRecording() !== undefined;
      const trial = trials.get(key) ?? (isInside ? undefined : begin(of, key, call));
      if (trial === undefined) return float32.prepare(call);
      trials.set(key, trial);
      if (trial.measured !== undefined) return of[fasterOf(trial.measured)].prepare(call);
      if (isInside || trial.sizes !== sizesOf(call)) return float32.prepare(call);
      const precision = TURNS[trial.calls] ?? "float32";
      return { ...of[precision].prepare(call), startClock: () => clock(of, key, trial, precision) };
    },
    signatures: () =>
      all().map(({ key, signature }) => {
        const measured = trials.get(key)?.measured;
        return measured === undefined ? signature : { ...signature, measured };
      }),
    clear(key) {
      trials.clear();
      return [...float32.clear(key), ...of.bfloat16.clear(key)];
    },
  };
}

function begin<A>(of: Both<A>, key: string, call: Call): Trial {
  const trial = begun(call, memoryKey(of.bfloat16.prepare(call).entry));
  if (trial.measured !== undefined) forgetSlower(of, key, trial.measured);
  return trial;
}

/** Starts a call's clock; what it gives stops it, and makes the choice if that was the last one needed. */
function clock<A>(of: Both<A>, key: string, trial: Trial, precision: RecordedPrecision): () => void {
  const started = performance.now();
  return () => {
    trial.taken[precision].push((performance.now() - started) / 1000);
    if (++trial.calls !== TURNS.length) return;
    trial.measured = measuredOf(trial.taken);
    remember(trial.memoryKey, trial.measured);
    forgetSlower(of, key, trial.measured);
  };
}

function forgetSlower<A>(of: Both<A>, key: string, measured: Measured): void {
  const slower = fasterOf(measured) === "float32" ? of.bfloat16 : of.float32;
  for (const { fn } of slower.clear(key)) fn.dispose();
}

function begun(call: Call, key: string): Trial {
  const known = recall(key);
  const trial: Trial = {
    sizes: sizesOf(call),
    memoryKey: key,
    taken: { float32: [], bfloat16: [] },
    calls: 0,
  };
  return known === undefined ? trial : { ...trial, measured: known };
}

function sizesOf({ tensors }: Call): string {
  return signatureOf(tensors, undefined).join();
}

/** The least of each precision's times, less those of the first call, in which TensorFlow compiles. */
function measuredOf(taken: Trial["taken"]): Measured {
  const least = ([, ...seconds]: readonly number[]): number => Math.min(...seconds);
  return { float32: least(taken.float32), bfloat16: least(taken.bfloat16) };
}

function fasterOf({ float32, bfloat16 }: Measured): RecordedPrecision {
  return bfloat16 < WORTH * float32 ? "bfloat16" : "float32";
}
