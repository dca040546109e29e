/** Weights in safetensors files: one, or several under an index. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { openBytes, type ByteFile } from "./bytefile";
import { elementsOf, weightsFileOf, type ReadableEntry } from "./file";
import { readFloatParts, readFloats, type FloatPlace, type FloatType } from "./floats";
import { isRecord, parseJson } from "./json";
import { readHeader, type SafetensorsHeader, type TensorPlace } from "./safetensorsheader";
import type { WeightsFile } from "./weightsfile";

/** How the name of an index ends, which says in which of several files each tensor is. */
const INDEX = ".safetensors.index.json";

/** Whether a file is an index, by its name. */
export function isIndex(path: string): boolean {
  return path.endsWith(INDEX);
}

/**
 * Opens safetensors: entries are in the order of their bytes, file after file; `metadata` has the texts that stand under
 * `__metadata__`, and an index's texts and numbers.
 * @param path  a .safetensors file, an index (`*.safetensors.index.json`), or a folder that has one of either
 * @throws {Error} that names the file and the offset, if a header is damaged or lies about the bytes that follow
 * @throws {Error} that names the tensor or the file, if an index and its files do not have the same tensors
 */
export function openSafetensors(path: string): WeightsFile {
  const file = statSync(path).isDirectory() ? theOnlyIn(path) : path;
  const index = isIndex(file) ? readIndex(file) : undefined;
  const shards: Shard[] = [];
  const close = (): void => shards.forEach(({ bytes }) => bytes.close());
  try {
    for (const one of index?.files ?? [file]) shards.push(openShard(one));
    if (index !== undefined) expectSame(file, index, shards);
  } catch (error) {
    close();
    throw error;
  }
  const texts = [...shards.map(({ metadata }) => metadata), index?.metadata ?? {}];
  return weightsFileOf({
    format: "safetensors",
    path: shards[0]?.bytes.path ?? file,
    metadata: Object.fromEntries(texts.flatMap((one) => Object.entries(one))),
    entries: shards.flatMap(({ bytes, tensors }) => tensors.map((place) => entryOf(bytes, place))),
    close,
  });
}

/** What a folder has to open: its index, or else its only file. */
function theOnlyIn(folder: string): string {
  const names = readdirSync(folder).sort();
  const indices = names.filter(isIndex);
  const files = indices.length > 0 ? indices : names.filter((name) => name.endsWith(".safetensors"));
  if (files[0] !== undefined && files.length === 1) return join(folder, files[0]);
  const got = files.join(", ") || "none";
  throw new Error(`Cannot open "${folder}": expected one file *${INDEX} or *.safetensors, got ${got}`);
}

/** An open file of tensors. */
interface Shard extends SafetensorsHeader {
  readonly bytes: ByteFile;
}

function openShard(path: string): Shard {
  const bytes = openBytes(path);
  try {
    return { bytes, ...readHeader(bytes) };
  } catch (error) {
    bytes.close();
    throw error;
  }
}

function entryOf(bytes: ByteFile, { name, shape, dtype, offset }: TensorPlace): ReadableEntry {
  const count = elementsOf(shape);
  const placeOf = (type: FloatType): FloatPlace => ({ name, dtype: type, offset, count });
  return {
    ...{ name, shape, dtype },
    values: (type) => readFloats(bytes, placeOf(type)),
    parts: (type) => readFloatParts(bytes, placeOf(type)),
  };
}

/** What an index says. */
interface Index {
  /** Paths, sorted. */
  readonly files: readonly string[];
  /** The file's name by the tensor's. */
  readonly places: ReadonlyMap<string, string>;
  readonly metadata: Readonly<Record<string, string>>;
}

function readIndex(path: string): Index {
  const index = parseJson(path, readFileSync(path, "utf8"), 0);
  const { weight_map: map, metadata } = index;
  if (!isRecord(map)) throw new Error(`Cannot read "${path}": expected a "weight_map", got none`);
  const places = new Map<string, string>();
  for (const [name, file] of Object.entries(map)) {
    if (typeof file === "string" && file !== "" && basename(file) === file) places.set(name, file);
    else
      throw new Error(
        `Cannot read "${path}": expected a file of its folder for "${name}", got ${JSON.stringify(file)}`,
      );
  }
  const files = [...new Set(places.values())].sort().map((file) => join(dirname(path), file));
  const absent = files.find((file) => !existsSync(file));
  if (absent !== undefined)
    throw new Error(`Cannot read "${path}": expected its ${files.length} files, got no "${absent}"`);
  const texts = Object.entries(isRecord(metadata) ? metadata : {}).filter(([, value]) => isScalar(value));
  return { files, places, metadata: Object.fromEntries(texts.map(([key, value]) => [key, String(value)])) };
}

const isScalar = (value: unknown): boolean => ["string", "number", "boolean"].includes(typeof value);

/** Whether each tensor of the index is where it says, and there is no other. */
function expectSame(path: string, { places }: Index, shards: readonly Shard[]): void {
  const found = new Set<string>();
  for (const { bytes, tensors } of shards)
    for (const { name, offset } of tensors) {
      const file = places.get(name);
      if (file !== basename(bytes.path))
        throw new Error(
          `Cannot read "${path}": expected "${name}" in ${file ?? "none of its files"}, got it in "${bytes.path}" at byte ${offset}`,
        );
      found.add(name);
    }
  for (const [name, file] of places)
    if (!found.has(name))
      throw new Error(`Cannot read "${path}": expected "${name}" in ${file}, got none there`);
}
