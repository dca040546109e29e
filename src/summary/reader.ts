/** Event files, read for figures. */
import { readdirSync, statSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import {
  CorruptRecordError,
  decodeEvent,
  decodeEventOutline,
  FRAME_FOOTER,
  FRAME_HEADER,
  frameData,
  frameLength,
} from "../tensorflow";
import { isEventFile } from "./name";
import { pointsOf, type EventPoint, type RunPoint } from "./point";
import { RepeatedSteps } from "./repeated";

/** Options of readEvents(). */
export interface ReadEventsOptions {
  /** Which tags are wanted. @default all */
  readonly tags?: readonly string[] | RegExp;
  /** Whether what was written for a step before it came again is given too. @default false */
  readonly includePurged?: boolean;
}

/**
 * What event files hold, in the order in which it was written: of one file, or of a folder and those below it.
 *
 * A file that is still being written ends with its last whole record. A step comes once, as on TensorBoard's default page: when
 * a run is resumed or repeated, by whatever program, its first value of a tag makes void what the tag has for that step and
 * later ones. What a tag has is kept where it is not written again, whatever the step at which a run says it was resumed.
 * @see tensorboard/data/server/reservoir.rs, which TensorBoard reads by unless it is started with `--load_fast=false`
 * @throws {RangeError} if there is no event file
 * @throws {CorruptRecordError} if a record is damaged, with file, record and offset
 * @example
 * for await (const point of readEvents("build/run")) if (point.kind === "scalar") console.log(point.step, point.value);
 */
export async function* readEvents(
  path: string,
  options: ReadEventsOptions = {},
): AsyncGenerator<EventPoint, void, undefined> {
  const { tags } = options;
  const isWanted = (tag: string): boolean =>
    tags === undefined || (tags instanceof RegExp ? tag.search(tags) >= 0 : tags.includes(tag));
  const runs = runsOf(path);
  if (runs.size === 0) {
    const got = statSync(path, { throwIfNoEntry: false }) === undefined ? "nothing there" : "none";
    throw new RangeError(`Cannot read events of "${path}": expected event files, got ${got}`);
  }
  for await (const point of readRuns(runs, options))
    if (point.kind !== "hyperparameters" && isWanted(point.tag)) yield point;
}

/**
 * What event files of runs hold, what the runs were made with included.
 * @param runs  as runsOf() gives them
 */
export async function* readRuns(
  runs: ReadonlyMap<string, readonly string[]>,
  { includePurged = false }: Pick<ReadEventsOptions, "includePurged"> = {},
): AsyncGenerator<RunPoint, void, undefined> {
  for (const [run, files] of runs) {
    const repeated = includePurged ? undefined : await stepsOf(files);
    const plugins = new Map<string, string>();
    for (const file of files) {
      for await (const { data, record, offset } of readRecords(file, repeated?.counts.get(file))) {
        const place = { file, record, offset };
        const points = decoded((bytes) => pointsOf(decodeEvent(bytes), { run, file }, plugins), data, place);
        const standing =
          repeated?.steps.isAnyVoid === true
            ? repeated.steps.standing(decoded(decodeEventOutline, data, place))
            : [];
        for (const [i, point] of points.entries()) {
          if (point !== undefined && standing[i] !== false) yield point;
        }
      }
    }
  }
}

/** The scalars of one tag in one run; the arrays are of one length. */
export interface ScalarSeries {
  readonly run: string;
  readonly tag: string;
  readonly steps: readonly number[];
  readonly values: readonly number[];
  /** In seconds since 1970. */
  readonly wallTimes: readonly number[];
}

/** The scalars of event files as arrays, for figures. See readEvents(). */
export async function readScalars(path: string, options: ReadEventsOptions = {}): Promise<ScalarSeries[]> {
  const series = new Map<
    string,
    { run: string; tag: string; steps: number[]; values: number[]; wallTimes: number[] }
  >();
  for await (const point of readEvents(path, options)) {
    if (point.kind !== "scalar") continue;
    const { run, tag, step, value, wallTime } = point;
    const key = `${run}\n${tag}`;
    const one = series.get(key) ?? { run, tag, steps: [], values: [], wallTimes: [] };
    series.set(key, one);
    one.steps.push(step);
    one.values.push(value);
    one.wallTimes.push(wallTime);
  }
  return [...series.values()];
}

/** The event files of each run in a folder and those below it, in the order of their names, which is that of their times. */
export function runsOf(path: string): Map<string, string[]> {
  const runs = new Map<string, string[]>();
  const visit = (folder: string): void => {
    const entries = readdirSync(folder, { withFileTypes: true });
    const names = entries
      .filter((entry) => entry.isFile() && isEventFile(entry.name))
      .map(({ name }) => name);
    const run = relative(path, folder).split(sep).join("/") || ".";
    if (names.length > 0)
      runs.set(
        run,
        names.sort().map((name) => join(folder, name)),
      );
    for (const entry of entries) if (entry.isDirectory()) visit(join(folder, entry.name));
  };
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() === true) return new Map([[".", [path]]]);
  if (found?.isDirectory() === true) visit(path);
  return runs;
}

/** A run's steps, and how many records of each file they are from: it may grow before it is read again. */
async function stepsOf(
  files: readonly string[],
): Promise<{ steps: RepeatedSteps; counts: ReadonlyMap<string, number> }> {
  const steps = new RepeatedSteps();
  const counts = new Map<string, number>();
  for (const file of files) {
    counts.set(file, 0);
    for await (const { data, record, offset } of readRecords(file)) {
      steps.note(decoded(decodeEventOutline, data, { file, record, offset }));
      counts.set(file, record + 1);
    }
  }
  return { steps, counts };
}

interface FileRecord {
  readonly data: Buffer;
  /** Counted from 0. */
  readonly record: number;
  /** In bytes, of the record's beginning. */
  readonly offset: number;
}

function decoded<T>(
  decode: (bytes: Uint8Array) => T,
  data: Uint8Array,
  { file, record, offset }: { readonly file: string; readonly record: number; readonly offset: number },
): T {
  try {
    return decode(data);
  } catch (error) {
    throw new CorruptRecordError(file, record, offset, "it is no event", { cause: error });
  }
}

/**
 * The whole records of a file, checked.
 * @param known  give only so many, which were read before and so need no second check
 */
async function* readRecords(path: string, known?: number): AsyncGenerator<FileRecord, void, undefined> {
  const file = await open(path, "r");
  try {
    const bytes = new Chunks(file);
    let offset = 0;
    for (let record = 0; record < (known ?? Infinity); record++) {
      const header = await bytes.take(FRAME_HEADER);
      if (header === undefined) return;
      const length = frameLength(header);
      if (length === undefined)
        throw new CorruptRecordError(path, record, offset, "the checksum of the record's length is wrong");
      const body = await bytes.take(length + FRAME_FOOTER);
      if (body === undefined) return;
      const data = known === undefined ? frameData(body) : body.subarray(0, length);
      if (data === undefined)
        throw new CorruptRecordError(path, record, offset, "the checksum of the record's data is wrong");
      yield { data, record, offset };
      offset += FRAME_HEADER + length + FRAME_FOOTER;
    }
  } finally {
    await file.close();
  }
}

const CHUNK = 1 << 20;

/** A file in pieces of any size, read ahead. */
class Chunks {
  private ahead = Buffer.alloc(0);
  /** Of what comes after that, in the file. */
  private position = 0;

  constructor(private readonly file: FileHandle) {}

  /** The next `length` bytes; undefined if there are fewer. */
  async take(length: number): Promise<Buffer | undefined> {
    if (length > this.ahead.length && length > (await this.file.stat()).size) return undefined;
    while (this.ahead.length < length) {
      const chunk = Buffer.allocUnsafe(Math.max(CHUNK, length - this.ahead.length));
      const { bytesRead } = await this.file.read(chunk, 0, chunk.length, this.position);
      if (bytesRead === 0) return undefined;
      this.position += bytesRead;
      this.ahead = Buffer.concat([this.ahead, chunk.subarray(0, bytesRead)]);
    }
    const taken = this.ahead.subarray(0, length);
    this.ahead = this.ahead.subarray(length);
    return taken;
  }
}
