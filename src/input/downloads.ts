/** What others publish for fine-tuning: checkpoints trained on ImageNet, and photos of flowers. */
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { extract } from "tar";
import { kindOfFile, openCheckpoint, reasonOf } from "../tensorflow";
import { fetchFile, type FetchProgress } from "./fetch";

/** Published archives of TF-Slim's networks, each with one checkpoint in it, of TensorFlow's V1 format. */
const CHECKPOINTS = {
  resnet_v1_50: "models/resnet_v1_50_2016_08_28.tar.gz",
  resnet_v1_101: "models/resnet_v1_101_2016_08_28.tar.gz",
  resnet_v1_152: "models/resnet_v1_152_2016_08_28.tar.gz",
  resnet_v2_50: "models/resnet_v2_50_2017_04_14.tar.gz",
  resnet_v2_101: "models/resnet_v2_101_2017_04_14.tar.gz",
  resnet_v2_152: "models/resnet_v2_152_2017_04_14.tar.gz",
} as const;

/** A network whose checkpoint can be fetched. */
export type PublishedCheckpoint = keyof typeof CHECKPOINTS;

/** Options of fetchCheckpoint() and fetchFlowerPhotos(). */
export interface DownloadOptions {
  /** Where the archives are. @default "https://storage.googleapis.com/download.tensorflow.org/" */
  readonly baseUrl?: string;
  readonly onProgress?: (progress: FetchProgress) => void;
  /** Stops; the next time goes on from there. */
  readonly signal?: AbortSignal;
}

// The same bucket as http://download.tensorflow.org, over a connection that nobody on the way can change.
const BASE_URL = "https://storage.googleapis.com/download.tensorflow.org/";

/** The first layer of every ResNet for colour images. */
const FIRST_SHAPE = [7, 7, 3, 64];

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
    await fetchArchive(CHECKPOINTS[name], target, options, async (unpacked) => {
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
  const { baseUrl = BASE_URL, ...fetching } = options;
  const archive = path.join(path.dirname(target), path.basename(address));
  await fetchFile(new URL(address, baseUrl).href, archive, fetching);
  const unpacked = `${target}.part`;
  await rm(unpacked, { recursive: true, force: true });
  await mkdir(unpacked);
  try {
    await unpack(archive, unpacked);
    await check(unpacked);
    await rename(unpacked, target);
  } finally {
    await rm(unpacked, { recursive: true, force: true });
    await rm(archive, { force: true });
  }
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

async function checkpointIn(folder: string): Promise<string> {
  const files = await readdir(folder, { recursive: true });
  const file = files.find((name) => /\.ckpt(\.index)?$/.test(name));
  if (file === undefined)
    throw new Error(`Cannot find checkpoint in "${folder}": expected a .ckpt file, got ${files.join(", ")}`);
  return path.join(folder, file.replace(/\.index$/, ""));
}

function expectNetwork(checkpoint: string, network: string): void {
  const reader = openCheckpoint(checkpoint);
  const first = `${network}/conv1/weights`;
  const variables = new Map(reader.variables.map(({ name, shape }) => [name, shape.join()]));
  reader.close();
  const found = variables.get(first);
  if (found !== FIRST_SHAPE.join())
    throw new Error(
      `Cannot use checkpoint "${checkpoint}": expected "${first}" of shape [${FIRST_SHAPE.join()}], got ` +
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
