/** Files of weights of any kind. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { kindOfFile, prefixOfFile, startOf } from "../../tensorflow";
import { openKerasFile } from "./keras";
import { isIndex, openSafetensors } from "./safetensors";
import { openTorchFile, ZIP_START } from "./torchfile";
import { LEGACY_MAGIC } from "./torchlegacy";
import { isTorchArchive } from "./torchzip";
import { readZip } from "./zip";
import { openCheckpointFile, openSavedModelVariables } from "./tensorflow";
import type { WeightsFile } from "./weightsfile";

/** What stands at a path, as far as it tells the kind. */
export interface Found {
  readonly path: string;
  /** A file's first bytes as Latin-1; "" of a folder, and where there is nothing. */
  readonly start: string;
  /** The names in a folder, or in a ZIP archive; of another file none. */
  readonly names: readonly string[];
}

/** A kind of weights. */
interface Kind {
  /** For errors. */
  readonly title: string;
  readonly is: (found: Found) => boolean;
  readonly open: (path: string, stateDict?: string) => WeightsFile | Promise<WeightsFile>;
  /** Whether a file may have several sets of weights, of which `stateDict` names one. @default false */
  readonly hasSets?: boolean;
}

/** All kinds; the first that fits is taken. */
const KINDS: readonly Kind[] = [
  {
    title: "safetensors",
    is: ({ path, start, names }) =>
      /^[^]{4}\0{4}\s*\{/.test(start) ||
      (existsSync(path) && [path, ...names].some((name) => isIndex(name) || /\.safetensors$/.test(name))),
    open: openSafetensors,
  },
  {
    title: "a file of torch.save()",
    is: ({ start, names }) =>
      (start.startsWith(ZIP_START) && isTorchArchive(names)) || start.slice(0, 32).includes(LEGACY_MAGIC),
    open: openTorchFile,
    hasSets: true,
  },
  {
    title: "Keras' .weights.h5, .keras or .h5",
    is: ({ path, start, names }) =>
      start.startsWith("\x89HDF\r\n\x1a\n") ||
      (start.startsWith("PK") && path.endsWith(".keras")) ||
      names.includes("model.weights.h5"),
    open: openKerasFile,
  },
  {
    title: "a SavedModel's folder",
    is: ({ names }) => names.some((name) => /^saved_model\.pb(txt)?$/.test(name)),
    open: openSavedModelVariables,
  },
  {
    title: "a checkpoint of TensorFlow",
    is: ({ path, names }) =>
      names.includes("checkpoint") || /\.ckpt[^/]*$/.test(path) || existsSync(`${prefixOfFile(path)}.index`),
    open: openCheckpointFile,
  },
];

/**
 * Opens a file of weights, whose kind is told by its first bytes or, of a folder, by what is in there.
 * @param stateDict  which set of weights to take, of a file of torch.save() that has several. @default see openTorchFile()
 * @throws {RangeError} if a set is named of another kind of file
 * @throws {Error} that says what stands there instead, if it is of no known kind
 * @throws {Error} as the kind's own reader, if it is damaged
 */
export async function openWeights(path: string, stateDict?: string): Promise<WeightsFile> {
  const found = await lookAt(path);
  const kind = KINDS.find(({ is }) => is(found));
  if (kind !== undefined && stateDict !== undefined && kind.hasSets !== true)
    throw new RangeError(
      `Cannot open weights "${path}": expected stateDict for a file of torch.save() alone, got it for ${kind.title}`,
    );
  if (kind !== undefined) return kind.open(path, stateDict);
  const known = KINDS.map(({ title }) => title).join(", ");
  throw new Error(
    `Cannot open weights "${path}": expected ${known}, got ${contentsOf(path) ?? kindOfFile(path) ?? otherAt(path)}`,
  );
}

/** The first names in a folder; undefined of a file. */
function contentsOf(path: string): string | undefined {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return undefined;
  const names = readdirSync(path).sort();
  const more = names.length > 5 ? ", …" : "";
  return `a folder with ${names.slice(0, 5).join(", ") || "nothing"}${more}`;
}

function otherAt(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats !== undefined) return stats.size === 0 ? "an empty file" : "something else";
  const isAddress = /^https?:\/\//.test(path);
  return isAddress ? "an address: fetchWeights() or fetchFile() gives a file of it first" : "nothing there";
}

async function lookAt(path: string): Promise<Found> {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory()) return { path, start: "", names: readdirSync(path).sort() };
  const start = stats?.isFile() ? startOf(path) : "";
  return { path, start, names: start.startsWith(ZIP_START) ? [...(await readZip(path)).keys()] : [] };
}
