/** What is wrong with a TFRecord file, and where. */
import { statSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { CorruptRecordError } from "../tensorflow";
import { compressionOf, findBreak, findCutHeader, type FrameBreak } from "./frames";

const toError = (file: string, { record, offset, reason }: FrameBreak, cause?: unknown): CorruptRecordError =>
  new CorruptRecordError(file, record, offset, reason, cause === undefined ? {} : { cause });

/**
 * The error of the file that TensorFlow found damaged, searched among those that were read.
 * @param message  TensorFlow's, e.g. "corrupted record at 309468"
 */
export function locateDamage(
  files: readonly string[],
  message: string,
  cause: unknown,
): CorruptRecordError | undefined {
  const suspect = /record at (\d+)/.exec(message)?.[1];
  const position = suspect === undefined ? undefined : Number(suspect);
  const inflating = message.includes("incorrect header check");
  let other: CorruptRecordError | undefined;
  for (const file of files) {
    const broken = inflating ? notCompressed(file) : breakOf(file, position);
    if (broken === undefined) continue;
    const error = toError(file, broken, cause);
    if (position === undefined || broken.offset === position || broken.offset + 12 === position) return error;
    other ??= error;
  }
  return other;
}

function breakOf(file: string, position: number | undefined): FrameBreak | undefined {
  try {
    const broken = findBreak(file, position);
    if (broken !== undefined || position !== 0 || compressionOf(file) === "") return broken;
    return { record: 0, offset: 0, reason: "the file is compressed, which compressionType must say" };
  } catch (error) {
    if (!(error instanceof Error) || "syscall" in error) return undefined; // not a file that can be read
    return { record: 0, offset: 0, reason: error.message }; // compressed data that is none
  }
}

function notCompressed(file: string): FrameBreak | undefined {
  const compression = compressionOf(file);
  const found = compression === "" ? "is not compressed" : `is compressed with ${compression}`;
  const reason = `the file ${found}, which compressionType does not say`;
  return compression === undefined ? undefined : { record: 0, offset: 0, reason };
}

const whole = new Map<string, string>(); // path → size and time of the file when it was found whole

/**
 * Looks for files that end inside a record's header: TensorFlow reads those silently to there. Gives way between files.
 * @throws {CorruptRecordError} for the first such file
 */
export async function expectWholeFiles(files: readonly string[], stopped: () => boolean): Promise<void> {
  for (const file of files) {
    await setImmediate();
    if (stopped()) return;
    const { size, mtimeMs } = statSync(file);
    const stamp = `${size} ${mtimeMs}`;
    if (whole.get(file) === stamp) continue;
    const broken = findCutHeader(file);
    if (broken !== undefined) throw toError(file, broken);
    whole.set(file, stamp);
  }
}
