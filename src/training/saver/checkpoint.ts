/** Checkpoints as a trainer finds them: by path, or as the latest of a folder. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import { table, type Table } from "../../display/table";
import { openCheckpoint, prefixOfFile, type CheckpointVariable } from "../../tensorflow";
import { isStateFile, readCheckpointState, stateFile } from "./state";

/** The contents of a checkpoint; shows itself as a table. */
export interface CheckpointListing extends Table {
  /** What to give openCheckpoint(). */
  readonly prefix: string;
  readonly variables: readonly CheckpointVariable[];
}

/**
 * The variables in a checkpoint, as a table: name, data type, shape and number of elements.
 * @param path  as findCheckpoint()
 * @throws {Error} that quotes the path, if there is no checkpoint or it is damaged
 */
export function listCheckpoint(path: string): CheckpointListing {
  const prefix = findCheckpoint(path);
  const reader = openCheckpoint(prefix);
  const { variables } = reader;
  reader.close();
  const rows = variables.map(({ name, dtype, shape }) => ({
    variable: name,
    dtype,
    shape: `[${shape.join(", ")}]`,
    elements: shape.reduce((product, size) => product * size, 1),
  }));
  const elements = rows.reduce((sum, row) => sum + row.elements, 0).toLocaleString("en-US");
  const caption = `${prefix}: ${variables.length} variables, ${elements} elements`;
  return {
    ...table(rows, { caption, columns: ["variable", "dtype", "shape", "elements"] }),
    prefix,
    variables,
  };
}

/**
 * The prefix of a checkpoint, as openCheckpoint() takes it.
 * @param path  a prefix, one of its files (.index, .data-…, .meta), the prefix of a V1 checkpoint in shards, or a folder with a
 *   `checkpoint` file, or that file, whose latest is taken; a path in there from another machine is looked for in the folder itself
 * @throws {Error} that quotes the path, if there is nothing of these
 */
export function findCheckpoint(path: string): string {
  if (existsSync(path) && statSync(path).isDirectory()) return latestIn(path);
  if (basename(path) === stateFile && isStateFile(path)) return latestIn(dirname(path));
  const prefix = prefixOfFile(path);
  if (existsSync(`${prefix}.index`) || existsSync(prefix) || /-\?{5}-of-/.test(prefix)) return prefix;
  const shard = filesIn(dirname(prefix)).find((file) => isShardOf(file, basename(prefix)));
  if (shard !== undefined)
    return prefix + shard.slice(-"-00000-of-00000".length).replace(/^-\d{5}/, "-?????");
  const start = basename(path).replace(/-\d+$/, "");
  const near = filesIn(dirname(path)).filter((file) => file.startsWith(start));
  const there = near.length > 0 ? near.slice(0, 5).join(", ") : "none of that name there";
  throw new Error(
    `Cannot find checkpoint "${path}": expected a V1 or V2 checkpoint or a folder, got ${there}`,
  );
}

/**
 * The prefix of a folder's latest checkpoint, or undefined where there is none.
 * Should the files of the latest be gone, it is the newest of those in the list that are there.
 * @throws {Error} that quotes the `checkpoint` file, if it is not one
 * @see tf.train.latest_checkpoint
 */
export function latestCheckpoint(folder: string): string | undefined {
  const state = readCheckpointState(folder);
  if (state === undefined) return undefined;
  const older = state.all.map(({ path }) => path).reverse();
  const found = [state.latest, ...older]
    .map((path) => placeOf(folder, path))
    .find((one) => one !== undefined);
  return found === undefined ? undefined : findCheckpoint(found);
}

function latestIn(folder: string): string {
  const state = readCheckpointState(folder);
  if (state === undefined) {
    throw new Error(
      `Cannot find a checkpoint in "${folder}": expected a file "${stateFile}" that names the latest, got none`,
    );
  }
  const { latest } = state;
  const found = placeOf(folder, latest);
  if (found === undefined) {
    throw new Error(
      `Cannot find the latest checkpoint of "${folder}": expected "${latest}" or "${join(folder, basename(latest))}", got neither`,
    );
  }
  return findCheckpoint(found);
}

/** Where a checkpoint is that a folder's state names, or in the folder itself if it came from another machine. */
function placeOf(folder: string, path: string): string | undefined {
  const candidates = [isAbsolute(path) ? path : join(folder, path), join(folder, basename(path))];
  return candidates.find((prefix) =>
    filesIn(dirname(prefix)).some((file) => isPartOf(file, basename(prefix))),
  );
}

function filesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

function isShardOf(file: string, name: string): boolean {
  return file.startsWith(name) && /^-\d{5}-of-\d{5}$/.test(file.slice(name.length));
}

/** V2: name.index. V1: name itself, or name-00000-of-00002 where the state says name-?????-of-00002. */
function isPartOf(file: string, name: string): boolean {
  const shards = /^(.*)-\?{5}(-of-\d{5})$/.exec(name);
  if (shards !== null) return isShardOf(file, shards[1] ?? "") && file.endsWith(shards[2] ?? "");
  return file === `${name}.index` || file === name || isShardOf(file, name);
}
