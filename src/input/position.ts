/** Where an iteration is, by count: how many elements it has given, what its steps draw, and what dataset it is of. */
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { basename } from "node:path";
import type { Chance, Draw } from "./draws";
import { allPlans, chancesOf, knownFiles, type Plan } from "./plan";

/** Where an iteration is. */
export interface Position {
  /** Elements given. */
  readonly count: number;
  /** What the steps draw. */
  readonly draws: ReadonlyMap<Chance, Draw>;
  /** The records that were found bad and left out. */
  readonly leftOut: readonly LeftOutRecord[];
  /** Of TensorFlow's state of an iterator: how many elements were left out when that was opened. @default 0 */
  readonly opened?: number;
}

/** A record that a step leaves out: which of the steps that do, which of the files that are read, which record of it. */
export type LeftOutRecord = readonly [step: number, file: number, record: number];

const VERSION = 2; // of the order of records and of what is drawn

/** What is written of a position. */
interface Written {
  readonly slimlabIterator: typeof VERSION;
  readonly count: number;
  /** Of each step that draws: its seed, and how many draws iterations before took. */
  readonly draws: readonly (readonly [seed: number, nth: number])[];
  /** Absent if there are none. */
  readonly leftOut?: readonly LeftOutRecord[];
  readonly opened?: number;
  readonly steps: readonly string[];
  readonly files: string;
}

/**
 * A position as bytes, a few hundred.
 * @throws {TypeError} if the dataset has steps whose elements come in another order each time
 */
export function writePosition(plan: Plan<unknown>, position: Position): Uint8Array {
  const loose = allPlans(plan).find((one) => one.isUnordered?.() === true);
  if (loose !== undefined)
    throw new TypeError(
      `Cannot save where the iterator is: expected steps whose results come in one order, got ${loose.name}() whose own can't be repeated`,
    );
  return encodePosition(plan, position);
}

/** As writePosition(), of any dataset. */
export function encodePosition(
  plan: Plan<unknown>,
  { count, draws, leftOut, opened = 0 }: Position,
): Uint8Array {
  const written: Written = {
    slimlabIterator: VERSION,
    count,
    draws: [...draws.values()].map(({ seed, nth }) => [seed, nth]),
    ...(leftOut.length > 0 && { leftOut }),
    ...(opened > 0 && { opened }),
    steps: stepsOf(plan),
    files: filesOf(plan),
  };
  return new TextEncoder().encode(JSON.stringify(written));
}

/**
 * Bytes as a position in a dataset.
 * @throws {RangeError} that tells the steps which are others, if it is of another dataset or of other files
 */
export function readPosition(plan: Plan<unknown>, bytes: Uint8Array): Position {
  const { count, draws, leftOut = [], opened = 0, steps, files } = parse(bytes);
  const own = stepsOf(plan);
  const at = own.findIndex((step, i) => step !== steps[i]);
  if (at >= 0 || own.length !== steps.length) {
    const [mine, theirs] = [own, steps].map((list) => list[at < 0 ? own.length : at] ?? "nothing");
    throw new RangeError(
      `Cannot restore iterator: expected a position in a dataset of the same steps (${own.join(" < ")}), got one of ${steps.join(" < ")}: ${String(theirs)} for ${String(mine)}`,
    );
  }
  if (files !== filesOf(plan))
    throw new RangeError(
      `Cannot restore iterator: expected a position in the same files, got one in files of other names or sizes than ${knownFiles(plan).join(", ")}`,
    );
  return {
    ...{ count, leftOut, opened },
    draws: new Map(
      [...chancesOf(plan).keys()].map((chance, i) => {
        const [seed = chance.seed, nth = 0] = draws[i] ?? [];
        return [chance, { seed, nth }];
      }),
    ),
  };
}

function parse(bytes: Uint8Array): Written {
  const written = parsed(bytes);
  if (isWritten(written)) return written;
  if (versionOf(written) !== undefined)
    throw new RangeError(
      `Cannot restore iterator: expected a position of this version of slimlab, got one of another (${String(versionOf(written))}, not ${VERSION}), which reads records in another order; begin the data anew`,
    );
  throw new RangeError(
    `Cannot restore iterator: expected what position() or state() gave, got ${bytes.length} bytes of something else`,
  );
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined; // said by who parses
  }
}

function isWritten(value: unknown): value is Written {
  return versionOf(value) === VERSION;
}

function versionOf(value: unknown): unknown {
  const isOne = typeof value === "object" && value !== null && "slimlabIterator" in value;
  return isOne ? value.slimlabIterator : undefined;
}

/** The steps that say which elements come in which order, from the last to the first. */
function stepsOf(plan: Plan<unknown>): string[] {
  return allPlans(plan).flatMap(({ name, detail }) =>
    ["prefetch", "leaveOut"].includes(name) ? [] : [`${name}(${detail?.() ?? ""})`],
  );
}

const digests = new WeakMap<Plan<unknown>, string>(); // looking at many files takes its time

/** A digest of the names and sizes of the files that are read, as they are when it is first asked for. */
function filesOf(plan: Plan<unknown>): string {
  const known = digests.get(plan);
  if (known !== undefined) return known;
  const hash = createHash("sha256");
  for (const file of knownFiles(plan)) {
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    hash.update(`${basename(file)} ${size}\n`);
  }
  const digest = hash.digest("base64").slice(0, 16);
  digests.set(plan, digest);
  return digest;
}
