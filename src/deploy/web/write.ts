/** A folder of a model for the web: written whole or not at all. */
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { writeBeside } from "../../input/beside";
import { codeOf } from "../../input/errorcode";
import { reasonOf } from "../../tensorflow";
import type { GraphModel } from "./graphmodel";
import { SHARD_BYTES, shardsOf } from "./weights";

/** The file by which a folder is known, and its model loaded. */
export const MODEL_FILE = "model.json";

/** Options of writeWebFolder(). */
export interface WebFolderOptions {
  /** Writes what else belongs into the folder, which has the model by then. @default nothing */
  readonly beside?: (folder: string) => Promise<void>;
  /** Told after each file of weights how many bytes of them are written. @default not told */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Ends the work between two files: nothing is written then. @default none */
  readonly signal?: AbortSignal;
}

/**
 * Writes model.json and the weights' files. A model for the web that was there is replaced.
 * @throws {Error} if the folder has other files, or the disk refuses
 */
export async function writeWebFolder(
  dir: string,
  { json, weights }: GraphModel,
  { beside, onProgress, signal }: WebFolderOptions = {},
): Promise<void> {
  await expectWebFolder(dir);
  const total = weights.reduce((sum, { size }) => sum + size, 0);
  const write = async (part: string): Promise<void> => {
    await mkdir(part);
    let i = 0;
    for (const shard of shardsOf(weights)) {
      await writeFile(join(part, json.weightsManifest[0].paths[i++] ?? ""), shard);
      onProgress?.({ done: Math.min(total, i * SHARD_BYTES), total });
      signal?.throwIfAborted();
    }
    await beside?.(part);
    await writeFile(join(part, MODEL_FILE), JSON.stringify(json));
  };
  await writeBeside(dir, {
    ...{ write, put: (part: string, whole: string) => replaceFolder(whole, part), signal },
    refused: `Cannot export to "${dir}": expected a folder with room to write to`,
  });
}

/** What a folder of exportWeb() holds. */
const OURS = /^(app|tfjs|index\.html|model\.json|group1-shard\d+of\d+\.bin|example(\.[^.]+)?)$/;

/**
 * Checks that nothing but a model for the web is lost where one is to be written.
 * @throws {Error} if the folder is the working one or one around it, or has files but no graph model of TensorFlow.js's, or others beside it
 */
export async function expectWebFolder(dir: string): Promise<void> {
  const whole = resolve(dir);
  if (!relative(whole, process.cwd()).startsWith(".."))
    throw new Error(
      `Cannot export to "${dir}": expected a folder that can be replaced, got the working folder or one around it`,
    );
  const files = await filesOf(dir);
  if (files.length === 0) return;
  const isModel = files.includes(MODEL_FILE) && (await isGraphModel(join(dir, MODEL_FILE)));
  const others = files.filter((name) => !isModel || !OURS.test(name));
  if (others.length === 0) return;
  const found = others.slice(0, 3).map((name) => `"${name}"`).join(", "); // prettier-ignore
  throw new Error(
    `Cannot export to "${dir}": expected a new folder, or one with nothing but a graph model in ${MODEL_FILE}, got ${found}`,
  );
}

async function filesOf(dir: string): Promise<string[]> {
  try {
    return await readdir(dir);
  } catch (cause) {
    if (codeOf(cause) === "ENOENT") return [];
    throw new Error(`Cannot export to "${dir}": expected a folder, got ${reasonOf(cause)}`, { cause });
  }
}

async function isGraphModel(file: string): Promise<boolean> {
  const text = await readFile(file, "utf8");
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === "object" && json !== null && "format" in json && json.format === "graph-model";
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** Puts a folder in another's place, which comes back if that fails. */
async function replaceFolder(dir: string, by: string): Promise<void> {
  const before = `${by}-before`;
  const wasThere = await rename(dir, before).then(() => true, isNone); // prettier-ignore
  try {
    await rename(by, dir);
  } catch (error) {
    if (wasThere) await rename(before, dir);
    throw error;
  }
  if (wasThere) await rm(before, { recursive: true, force: true });
}

function isNone(error: unknown): false {
  if (codeOf(error) === "ENOENT") return false;
  throw error;
}
