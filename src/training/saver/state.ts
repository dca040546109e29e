/** The `checkpoint` file of a folder, in TensorFlow's text form: which checkpoints are there and which is the latest. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { unescapeText } from "../../tensorflow";

/** The file in a folder of checkpoints that says which is the latest. */
export const stateFile = "checkpoint";

/** A checkpoint that is kept. */
export interface KeptCheckpoint {
  /** As it stands in the file: relative to the folder, or absolute. */
  readonly path: string;
  /** When it was saved, in seconds since 1970; undefined if the file does not say. */
  readonly time: number | undefined;
}

/** What a folder's `checkpoint` file says: paths as they stand there. */
export interface CheckpointState {
  readonly latest: string;
  /** All that are kept, oldest first. */
  readonly all: readonly KeptCheckpoint[];
  /** When the newest of those was saved that are kept for good, in seconds since 1970; undefined if the file does not say. */
  readonly lastPreserved: number | undefined;
}

/**
 * What the `checkpoint` file of a folder says, or undefined where there is none.
 * @throws {Error} that quotes the file, if it names no latest
 */
export function readCheckpointState(folder: string): CheckpointState | undefined {
  const file = join(folder, stateFile);
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, "utf8");
  const [latest] = strings(text, "model_checkpoint_path");
  if (latest === undefined)
    throw new Error(`Cannot read "${file}": expected a line model_checkpoint_path: "…", got none`);
  const times = numbers(text, "all_model_checkpoint_timestamps");
  const all = strings(text, "all_model_checkpoint_paths").map((path, i) => ({ path, time: times[i] }));
  return { latest, all, lastPreserved: numbers(text, "last_preserved_timestamp")[0] };
}

/** Whether a file says which checkpoint is the latest; one named "checkpoint" may be a checkpoint itself. */
export function isStateFile(path: string): boolean {
  return existsSync(path) && strings(readFileSync(path, "latin1"), "model_checkpoint_path").length > 0;
}

/** The contents of a `checkpoint` file; without timestamps unless all are known. */
export function stateText({ latest, all, lastPreserved }: CheckpointState): string {
  const times = all.flatMap(({ time }) => (time === undefined ? [] : [time]));
  const known = times.length === all.length ? times : [];
  const preserved = lastPreserved === undefined ? [] : [lastPreserved];
  const lines = [
    `model_checkpoint_path: ${quote(latest)}`,
    ...all.map(({ path }) => `all_model_checkpoint_paths: ${quote(path)}`),
    ...known.map((time) => `all_model_checkpoint_timestamps: ${time}`),
    ...preserved.map((time) => `last_preserved_timestamp: ${time}`),
  ];
  return `${lines.join("\n")}\n`;
}

function strings(text: string, field: string): string[] {
  const lines = text.matchAll(new RegExp(`^\\s*${field}\\s*:\\s*"((?:[^"\\\\]|\\\\.)*)"`, "gm"));
  return [...lines].map((match) => unescapeText(match[1] ?? ""));
}

function numbers(text: string, field: string): number[] {
  const lines = text.matchAll(new RegExp(`^\\s*${field}\\s*:\\s*([-+.\\deE]+)`, "gm"));
  return [...lines].map((match) => Number(match[1]));
}

/** A string of a text-format protobuf: UTF-8, of which only quotes, backslashes and line ends are escaped. */
function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&").replace(/\n/g, "\\n")}"`;
}
