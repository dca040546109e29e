/** What others publish for fine-tuning: checkpoints trained on ImageNet, and photos of flowers. */
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { extract } from "tar";
import { finishFirst, interruptible } from "../interrupt";
import { kindOfFile, openCheckpoint, reasonOf } from "../tensorflow";
import { CHECKPOINTS, CHECKPOINTS_URL, type PublishedCheckpoint } from "./checkpoints";
import { fetchFile, type FetchProgress } from "./fetch";

/** Options of fetchCheckpoint() and fetchFlowerPhotos(). */
export interface DownloadOptions {
  /** Where the archives are. @default "https://storage.googleapis.com/download.tensorflow.org/" */
  readonly baseUrl?: string;
  readonly onProgress?: (progress: FetchProgress) => void;
  /** Stops; the next time goes on from there. @default the running cell's, if it is a notebook's */
  readonly signal?: AbortSignal;
}

/**
 * Fetches a checkpoint of a network that was trained on ImageNet, unless it is there already.
 * @returns its path, for listCheckpoint() and initVariablesFromCheckpoint()
 * @throws {Error} with one line, if there is no connection, or what comes is not that network's checkpoint
 * @see https://github.com/tensorflow/models/tree/master/research/slim#pre-trained-models
 */
export async function fetchCheckpoint(
  name: PublishedCheckpoint,
  folder: string,
  options: DownloadOptions = {},
): Promise<string> {
  const target = path.join(folder, name);
  if (!(await exists(target)))
    await fetchArchive(CHECKPOINTS[name][0], target, options, async (unpacked) => {
      expectNetwork(await checkpointIn(unpacked), name);
    });
  const checkpoint = await checkpointIn(target);
  expectNetwork(checkpoint, name);
  return checkpoint;
}

/**
 * Fetches 3,670 photos of five kinds of flowers, unless they are there already.
 * @returns the folder of class folders, for writeRecords()
 * @throws {Error} with one line, if there is no connection, or what comes is not that
 * @see https://www.tensorflow.org/tutorials/load_data/images
 */
export async function fetchFlowerPhotos(folder: string, options: DownloadOptions = {}): Promise<string> {
  const target = path.join(folder, "flower_photos");
  const kinds = ["daisy", "dandelion", "roses", "sunflowers", "tulips"];
  if (!(await exists(target)))
    await fetchArchive("example_images/flower_photos.tgz", target, options, async (unpacked) => {
      const found = await readdir(path.join(unpacked, "flower_photos")).catch((): string[] => []);
      const missing = kinds.find((kind) => !found.includes(kind));
      if (missing !== undefined)
        throw new Error(`Cannot use flower photos: expected a folder "${missing}", got ${found.join(", ")}`);
    });
  return path.join(target, "flower_photos");
}

/** Fetches and unpacks; the target appears only when `check` has found it right. */
async function fetchArchive(
  address: string,
  target: string,
  options: DownloadOptions,
  check: (unpacked: string) => Promise<void>,
): Promise<void> {
  const { baseUrl = CHECKPOINTS_URL, ...fetching } = interruptible(options);
  const archive = path.join(path.dirname(target), path.basename(address));
  await fetchFile(new URL(address, baseUrl).href, archive, fetching);
  const unpacked = `${target}.part`;
  await rm(unpacked, { recursive: true, force: true });
  await mkdir(unpacked);
  await finishFirst(async () => {
    try {
      await unpack(archive, unpacked);
      await check(unpacked);
      await rename(unpacked, target);
    } finally {
      await rm(unpacked, { recursive: true, force: true });
      await rm(archive, { force: true });
    }
  });
}

async function unpack(archive: string, folder: string): Promise<void> {
  try {
    await extract({ file: archive, cwd: folder, strict: true });
  } catch (cause) {
    const kind = kindOfFile(archive);
    const got = kind === undefined || kind.includes("archive") ? reasonOf(cause) : kind;
    throw new Error(`Cannot unpack "${archive}": expected a tar archive, got ${got}`, { cause });
  }
}

/** An archive's checkpoint; where it has two, the one whose weights are averages of the last steps, as MobileNet v3's. */
async function checkpointIn(folder: string): Promise<string> {
  const files = (await readdir(folder, { recursive: true })).sort();
  const file = [/\.ckpt(\.index)?$/, /(^|\/)ema\/.*\.index$/]
    .map((kind) => files.find((name) => kind.test(name)))
    .find((found) => found !== undefined);
  if (file === undefined)
    throw new Error(`Cannot find checkpoint in "${folder}": expected a .ckpt file, got ${files.join(", ")}`);
  return path.join(folder, file.replace(/\.index$/, ""));
}

function expectNetwork(checkpoint: string, network: PublishedCheckpoint): void {
  const reader = openCheckpoint(checkpoint);
  const [, first, shape] = CHECKPOINTS[network];
  const variables = new Map(reader.variables.map(({ name, shape }) => [name, shape.join()]));
  reader.close();
  const found = variables.get(first);
  if (found !== shape)
    throw new Error(
      `Cannot use checkpoint "${checkpoint}": expected "${first}" of shape [${shape}], got ` +
        (found === undefined ? `${variables.size} others` : `[${found}]`),
    );
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch {
    return false;
  }
}
