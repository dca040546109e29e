import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import type { Model } from "../model/model";
import { constant, saveCheckpoint, tf } from "../tensorflow";
import { readCheckpointState, stateFile } from "./checkpoint";

/** Options of saveVariables(). */
export interface SaveOptions {
  /** Goes into the file's name ("model.ckpt-40") and into the checkpoint as int64 "global_step". @default neither */
  readonly globalStep?: number;
  /** More to save, by name, e.g. the optimizer's: `step.slots`. @default none */
  readonly slots?: Readonly<Record<string, tf.Tensor>>;
}

/**
 * Writes a model's variables under their TF-Slim names as a V2 checkpoint, and names it in the folder's `checkpoint` file.
 *
 * Paths in that file are relative, so that the folder may be moved.
 * @param prefix  e.g. "model/model.ckpt"; its folder is made if need be
 * @returns       the prefix written: `prefix`, or `${prefix}-${globalStep}`
 * @throws {RangeError} if globalStep is not a whole number from 0 on
 * @throws {TensorFlowError} if the disk refuses
 */
export function saveVariables(model: Model, prefix: string, options: SaveOptions = {}): string {
  const { globalStep, slots = {} } = options;
  if (globalStep !== undefined && !(Number.isSafeInteger(globalStep) && globalStep >= 0))
    throw new RangeError(`Cannot save "${prefix}": expected a global step of 0 or more, got ${globalStep}`);
  const path = globalStep === undefined ? prefix : `${prefix}-${globalStep}`;
  mkdirSync(dirname(path), { recursive: true });
  const variables = model.variables.all().map(({ name, variable }) => [name, variable] as const);
  tf.tidy(() => {
    const step = globalStep === undefined ? {} : { global_step: constant([globalStep], [], "int64") };
    saveCheckpoint(path, { ...Object.fromEntries(variables), ...slots, ...step });
  });
  writeState(dirname(path), basename(path));
  return path;
}

/** Adds a checkpoint to its folder's list as the latest; those that are gone leave it. */
function writeState(folder: string, latest: string): void {
  const before = readCheckpointState(folder)?.all ?? [];
  const isThere = (prefix: string): boolean =>
    existsSync(`${isAbsolute(prefix) ? prefix : join(folder, prefix)}.index`);
  const kept = [...before.filter((prefix) => prefix !== latest && isThere(prefix)), latest];
  const lines = [
    `model_checkpoint_path: ${quote(latest)}`,
    ...kept.map((prefix) => `all_model_checkpoint_paths: ${quote(prefix)}`),
  ];
  const file = join(folder, stateFile);
  const part = `${file}.part-${process.pid}`;
  writeFileSync(part, `${lines.join("\n")}\n`);
  renameSync(part, file);
}

/** A string of a text-format protobuf: UTF-8, of which only quotes, backslashes and line ends are escaped. */
function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&").replace(/\n/g, "\\n")}"`;
}
