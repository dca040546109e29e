/** HDF5 files, by the HDF5 library itself compiled to WebAssembly (h5wasm): read where they lie, one piece at a time. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { kindOfFile } from "../../tensorflow";
import type { FloatType } from "./floats";
import { closeHdf5, guarded, loadLibrary, type OpenHdf5 } from "./hdf5library";
import { readDataset, readDatasetParts } from "./hdf5values";

/** What stands at a path of an HDF5 file; links are links, whatever they lead to. */
export type Hdf5Kind = "group" | "dataset" | "link" | "none";

/** What an HDF5 file says of a dataset. */
export interface Hdf5Dataset {
  readonly shape: readonly number[];
  /** As TensorFlow names it, e.g. "float32" or "int64"; HDF5's name of its class, if it is no number. */
  readonly dtype: string;
}

/** An open HDF5 file. Paths in it are parts between slashes, without one at the beginning; "" is the root. */
export interface Hdf5File {
  kindOf(path: string): Hdf5Kind;
  /** What a group has, in the file's order. */
  namesIn(group: string): string[];
  /** An attribute's text, or texts; none, if there is no such attribute or it is no text. */
  textsOf(path: string, attribute: string): string[];
  dataset(path: string): Hdf5Dataset;
  /**
   * The values of a dataset as float32, row by row.
   * @param name  what to call it in errors
   * @throws {Error} that names the file, if they can't be read: cut off, damaged, packed by a filter that is not there, elsewhere
   */
  floats(path: string, dtype: FloatType, name: string): Float32Array;
  /** The same part by part. */
  parts(path: string, dtype: FloatType, name: string): Iterable<Float32Array>;
  close(): void;
}

/**
 * Opens an HDF5 file. Nothing but its structure comes into memory, and no other file is opened, whatever it names.
 * @param path  the file
 * @param name  what to call it in errors
 * @throws {Error} that names the file, if there is none, it is no HDF5 file, or cut off
 */
export async function openHdf5(path: string, name = path): Promise<Hdf5File> {
  const stats = statSync(path, { throwIfNoEntry: false });
  const what = `Cannot open "${name}": expected an HDF5 file`;
  if (stats?.isFile() !== true)
    throw new Error(`${what}, got ${kindOfFile(path) ?? (stats === undefined ? "no such file" : "none")}`);
  const library = await loadLibrary();
  const place = resolve(path);
  const opened = guarded(library, place, what, () => new library.File(place, "r"));
  const file = { library, id: opened.file_id, place, name, bytes: stats.size };
  const call = <T>(inner: string, work: (file: OpenHdf5, path: string) => T): T =>
    guarded(library, place, `Cannot read "${inner}" of "${name}": expected it`, () =>
      work(file, `/${inner}`),
    );
  return {
    kindOf: (inner) => call(inner, kindOf),
    namesIn: (group) => call(group, (_, at) => library.Module.get_names(file.id, at, false)),
    textsOf: (inner, attribute) => call(inner, (_, at) => textsOf(file, at, attribute)),
    dataset: (inner) => call(inner, describe),
    floats: (inner, dtype, called) => readDataset(file, `/${inner}`, dtype, called),
    parts: (inner, dtype, called) => readDatasetParts(file, `/${inner}`, dtype, called),
    close: () => closeHdf5(file),
  };
}

function kindOf({ library: { Module: library }, id }: OpenHdf5, path: string): Hdf5Kind {
  const type = library.get_type(id, path);
  if (type === -1) return "none";
  const isLink = path !== "/" && library.get_symbolic_link(id, path) !== null;
  if (type === library.H5G_GROUP && !isLink) return "group";
  return type === library.H5G_DATASET && !isLink ? "dataset" : "link";
}

function textsOf({ library, id }: OpenHdf5, path: string, attribute: string): string[] {
  if (!library.Module.get_attribute_names(id, path).includes(attribute)) return [];
  const value = new library.Group(id, path).get_attribute(attribute, false);
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.filter((one) => typeof one === "string");
}

/** HDF5's classes of types, as H5T_class_t numbers them. */
const CLASSES = [
  ...(["integer", "float", "time", "string", "bitfield", "opaque"] as const),
  ...(["compound", "reference", "enumeration", "variable length", "array"] as const),
];
const INTEGER = 0;
const FLOAT = 1;

function describe(file: OpenHdf5, path: string): Hdf5Dataset {
  const { type, size, signed, shape, enum_type } = file.library.Module.get_dataset_metadata(file.id, path);
  const typeName = (): string => {
    if (type === INTEGER) return `${signed ? "int" : "uint"}${8 * size}`;
    if (size === 2 && textsOf(file, path, "dtype")[0] === "bfloat16") return "bfloat16"; // Keras has it as bytes and this word
    if (type === FLOAT) return `float${8 * size}`;
    return enum_type?.members["TRUE"] === 1 ? "bool" : (CLASSES[type] ?? "unknown");
  };
  return { shape: shape ?? [0], dtype: typeName() };
}
