/** What a .keras file is made of: a ZIP archive, or a folder, of config.json, metadata.json and model.weights.h5. */
import { createWriteStream, existsSync, readFileSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { crc32 } from "node:zlib";
import type { Entry, ZipFile } from "yauzl";
import { kindOfFile, reasonOf } from "../../tensorflow";
import { closeZip, openZip } from "./zip";

/** The parts of a model's file. */
export interface KerasParts {
  /** The HDF5 file. */
  readonly weights: string;
  /** Parsed; undefined where there is none. */
  readonly config: unknown;
  readonly metadata: unknown;
  /** To call once the weights are open: takes away what was unpacked. */
  release(): Promise<void>;
}

const WEIGHTS = "model.weights.h5";

/**
 * The parts of a Keras model's file or folder; an HDF5 file has only weights. Those of an archive are unpacked to a temporary file.
 * @throws {Error} that names the file and the part that is not there or damaged
 */
export async function kerasParts(path: string): Promise<KerasParts> {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory() === true) return partsInFolder(path);
  if (kindOfFile(path)?.startsWith("a ZIP archive") !== true)
    return { weights: path, config: undefined, metadata: undefined, release: () => Promise.resolve() };
  const archive = await openZip(path).catch((cause: unknown) => {
    throw new Error(`Cannot open "${path}": expected a ZIP archive, got ${reasonOf(cause)}`, { cause });
  });
  const folder = await mkdtemp(join(tmpdir(), "slimlab-keras-"));
  const release = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    return { ...(await unpack(archive, path, join(folder, WEIGHTS))), release };
  } catch (error) {
    await release();
    throw error;
  } finally {
    await closeZip(archive);
  }
}

function partsInFolder(folder: string): KerasParts {
  const weights = join(folder, WEIGHTS);
  if (!existsSync(weights)) throw new Error(`Cannot open "${folder}": expected "${WEIGHTS}" in it, got none`);
  const json = (name: string): unknown => {
    const file = join(folder, name);
    return existsSync(file) ? parsed(file, readFileSync(file, "utf8")) : undefined;
  };
  const release = (): Promise<void> => Promise.resolve();
  return { weights, config: json("config.json"), metadata: json("metadata.json"), release };
}

async function unpack(archive: ZipFile, path: string, weights: string): Promise<Omit<KerasParts, "release">> {
  const guarded = async <T>(what: string, work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (cause) {
      throw new Error(`Cannot unpack ${what} of "${path}": ${reasonOf(cause)}`, { cause });
    }
  };
  const entries = await guarded("the list of parts", entriesOf(archive));
  const entry = entries.get(WEIGHTS);
  if (entry === undefined) {
    const got = [...entries.keys()].slice(0, 5).join(", ") || "nothing";
    throw new Error(`Cannot open "${path}": expected "${WEIGHTS}" in the archive, got ${got}`);
  }
  const json = async (name: string): Promise<unknown> => {
    const part = entries.get(name);
    if (part === undefined) return undefined;
    return parsed(`${path}: ${name}`, await guarded(name, text(contentsOf(archive, part))));
  };
  await guarded(WEIGHTS, pipeline(contentsOf(archive, entry), createWriteStream(weights)));
  return { weights, config: await json("config.json"), metadata: await json("metadata.json") };
}

/** What an entry has. @throws {Error} at its end, if it does not fit its checksum: HDF5 has none of its own */
async function* contentsOf(archive: ZipFile, entry: Entry): AsyncGenerator<Buffer> {
  const chunks: AsyncIterable<Buffer> = await archive.openReadStreamPromise(entry);
  let sum = 0;
  for await (const chunk of chunks) {
    sum = crc32(chunk, sum);
    yield chunk;
  }
  if (sum !== entry.crc32) throw new Error(`expected bytes of the checksum ${entry.crc32}, got ${sum}`);
}

async function entriesOf(archive: ZipFile): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  for await (const entry of archive.eachEntry()) entries.set(entry.fileName, entry);
  return entries;
}

/** What a text in JSON says. @param name  what to call it in the error @throws {Error} that names it, if it is damaged */
export function parsed(name: string, json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new Error(`Cannot read "${name}": expected JSON, got ${reasonOf(cause)}`, { cause });
  }
}
