import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Model } from "../model/model";
import { constant, saveCheckpoint, tf } from "../tensorflow";
import { variablesOf } from "./restore";
import { readCheckpointState, stateFile, stateText, type KeptCheckpoint } from "./state";

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
  expectGlobalStep(prefix, globalStep);
  const path = numbered(prefix, globalStep);
  mkdirSync(dirname(path), { recursive: true });
  tf.tidy(() => {
    const step = globalStep === undefined ? {} : { global_step: constant([globalStep], [], "int64") };
    saveCheckpoint(path, { ...variablesOf(model), ...slots, ...step });
  });
  announce(dirname(path), basename(path));
  return path;
}

/** Checks a step's number before anything is saved. */
export function expectGlobalStep(path: string, globalStep: number | undefined): void {
  if (globalStep !== undefined && !(Number.isSafeInteger(globalStep) && globalStep >= 0))
    throw new RangeError(`Cannot save "${path}": expected a global step of 0 or more, got ${globalStep}`);
}

/** A checkpoint's prefix with the step's number, if there is one. */
export function numbered(prefix: string, globalStep: number | undefined): string {
  return globalStep === undefined ? prefix : `${prefix}-${globalStep}`;
}

/** Adds a checkpoint to its folder's list as the latest; those that are gone leave it. */
function announce(folder: string, latest: string): void {
  const state = readCheckpointState(folder);
  const isThere = ({ path }: KeptCheckpoint): boolean => existsSync(`${resolve(folder, path)}.index`);
  const before = state?.all.filter((one) => one.path !== latest && isThere(one)) ?? [];
  const all = [...before, { path: latest, time: Date.now() / 1000 }];
  const file = join(folder, stateFile);
  const part = `${file}.part-${process.pid}`;
  writeFileSync(part, stateText({ latest, all, lastPreserved: state?.lastPreserved }));
  renameSync(part, file);
}
