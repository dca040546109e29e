/** How a checkpoint comes into its folder: written beside its place, moved there, announced, and the oldest ones deleted. */
import { existsSync } from "node:fs";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { makeFolder } from "../../input/beside";
import { reasonOf, tf, writeCheckpoint } from "../../tensorflow";
import * as disk from "./disk";
import { sweep, type Retention } from "./retention";
import {
  readCheckpointState,
  stateFile,
  stateText,
  type CheckpointState,
  type KeptCheckpoint,
} from "./state";

/** How a saver publishes checkpoints. */
export interface PublishOptions {
  readonly shards: number;
  readonly saveRelativePaths: boolean;
  readonly retention: Retention;
  /** When the saver was made, in seconds since 1970: from then on, one checkpoint in so many hours is kept for good. */
  readonly created: number;
  /** Ends it before its files are in their place. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Writes a checkpoint, names it in its folder's `checkpoint` file as the latest and deletes those that are too old.
 * @param prefix    path without an ending
 * @param snapshot  tensors by name; disposes them
 * @returns         the prefix
 * @throws {Error} if the disk refuses; older checkpoints are as they were
 * @throws what the signal gives as its reason
 */
export function publish(
  prefix: string,
  snapshot: Readonly<Record<string, tf.Tensor>>,
  options: PublishOptions,
): Promise<string> {
  const folder = resolve(dirname(prefix));
  const before = queues.get(folder) ?? Promise.resolve();
  const work = before.then(() => publishNow(prefix, snapshot, options));
  const done = work.then(
    () => undefined,
    () => undefined,
  );
  queues.set(folder, done);
  void done.then(() => {
    if (queues.get(folder) === done) queues.delete(folder);
  });
  return work;
}

/** The saves of each folder, which wait for one another, whichever saver's they are: all rewrite its `checkpoint` file. */
const queues = new Map<string, Promise<void>>();

async function publishNow(
  prefix: string,
  snapshot: Readonly<Record<string, tf.Tensor>>,
  options: PublishOptions,
): Promise<string> {
  const [folder, name] = [dirname(prefix), basename(prefix)];
  const { signal } = options;
  let takeAway: (() => Promise<void>) | undefined;
  try {
    const whole = await disk.removeStale(folder, namesIn(readCheckpointState(folder)));
    const left = new Set(whole.filter((one) => one !== name)); // the one of this name is saved anew
    takeAway = await makeFolder(folder);
    const temporary = await disk.createTemporary(folder, name);
    try {
      signal?.throwIfAborted();
      await writeCheckpoint(join(temporary, name), snapshot, options.shards);
      signal?.throwIfAborted();
      await replacing(folder, name, temporary, async () => {
        await disk.moveInto(folder, temporary, name);
        await announce(folder, [...left, name], options);
      });
      await retain(folder, name, options);
      await disk.removeStale(folder, namesIn(readCheckpointState(folder))); // what the state file named until now
    } finally {
      await disk.removeTemporary(temporary);
    }
    return prefix;
  } catch (cause) {
    await takeAway?.();
    signal?.throwIfAborted();
    const what = `Cannot save "${prefix}": expected a folder with room to write to`;
    throw new Error(`${what}, got ${reasonOf(cause)}`, { cause });
  } finally {
    tf.dispose(Object.values(snapshot));
  }
}

/**
 * Runs work that puts the files of a checkpoint in their place. What was there under the same name is out of the way meanwhile,
 * in the temporary folder, where the `checkpoint` file names it; if the work fails, it is put back.
 */
async function replacing(
  folder: string,
  name: string,
  temporary: string,
  work: () => Promise<void>,
): Promise<void> {
  const state = readCheckpointState(folder);
  const aside = join(temporary, "previous");
  const isOld = existsSync(join(folder, `${name}.index`));
  const write = (next: CheckpointState): Promise<void> =>
    disk.replaceText(folder, stateFile, stateText(next));
  try {
    if (isOld) await disk.linkFiles(folder, aside, name);
    if (isOld && state !== undefined) {
      const moved = (path: string): string =>
        resolve(folder, path) === resolve(folder, name) ? join(basename(temporary), "previous", name) : path;
      const all = state.all.map(({ path, time }) => ({ path: moved(path), time }));
      await write({ ...state, latest: moved(state.latest), all });
    }
    await disk.removeFiles(folder, name);
    await work();
  } catch (error) {
    await disk.removeFiles(folder, name);
    if (isOld) await disk.linkFiles(aside, folder, name);
    if (isOld && state !== undefined) await write(state);
    throw error;
  }
}

/** Names checkpoints in the folder's `checkpoint` file, the last as the latest; those that are gone leave it. */
async function announce(
  folder: string,
  names: readonly string[],
  { saveRelativePaths, created }: PublishOptions,
): Promise<void> {
  const state = readCheckpointState(folder);
  const now = Date.now() / 1000;
  const added = names.map((name) => ({
    path: saveRelativePaths || !isAbsolute(folder) ? name : join(folder, name),
    time: now,
  }));
  const places = added.map(({ path }) => resolve(folder, path));
  const before = (state?.all ?? [])
    .filter(({ path }) => isThere(folder, path) && !places.includes(resolve(folder, path)))
    .map(({ path, time = now }) => ({ path, time }));
  const all = [...before, ...added];
  const latest = all.at(-1)?.path ?? "";
  const lastPreserved = state?.lastPreserved ?? created;
  await disk.replaceText(folder, stateFile, stateText({ latest, all, lastPreserved }));
}

/** Deletes the checkpoints of the same name but another step that are too old, once the latest is announced. */
async function retain(folder: string, name: string, { retention, created }: PublishOptions): Promise<void> {
  const state = readCheckpointState(folder);
  if (state === undefined) return;
  const stem = stemOf(name);
  const ours = state.all.filter(({ path }) => stemOf(basename(path)) === stem);
  const swept = sweep(ours, state.lastPreserved ?? created, retention);
  if (swept.kept.length === ours.length) return;
  for (const { path } of swept.deleted) {
    const place = resolve(folder, path);
    await disk.removeFiles(dirname(place), basename(place));
  }
  const stays = (one: KeptCheckpoint): boolean => !ours.includes(one) || swept.kept.includes(one);
  const { latest, all } = state;
  const next = { latest, all: all.filter(stays), lastPreserved: swept.lastPreserved };
  await disk.replaceText(folder, stateFile, stateText(next));
}

function isThere(folder: string, path: string): boolean {
  const place = resolve(folder, path);
  if (disk.isTemporary(basename(dirname(dirname(place))))) return false;
  return existsSync(place) || disk.filesOf(dirname(place), basename(place)).length > 0;
}

function namesIn(state: CheckpointState | undefined): readonly string[] {
  return state === undefined ? [] : [state.latest, ...state.all.map(({ path }) => path)];
}

/** "model.ckpt-40" → "model.ckpt" */
function stemOf(name: string): string {
  return name.replace(/-\d+$/, "");
}
