/** Photos as they are given to predict(): files, addresses, bytes, pixels. */
import { stat, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fetchFile, readImage } from "../input";
import { filesUnder } from "../input/folder";
import { tf, type DctMethod } from "../tensorflow";

/**
 * A photo's path or address (http, https), a folder of photos and of folders of these, a file's bytes, or pixels: [height, width, 3] or
 * [batch, height, width, 3], float32 or int32.
 */
export type Photo = string | URL | Uint8Array | tf.Tensor;

/** How a photo is read. */
export interface Reading {
  readonly dctMethod: DctMethod;
  readonly signal: AbortSignal | undefined;
}

/** A photo that is to be read. */
export interface PhotoSource {
  /** Its path or address, or "photo 2" where it has none: of those given, from 0 on. */
  readonly name: string;
  /** Whether it is pixels that somebody has made ready, not a file. */
  readonly isTensor: boolean;
  /** [height, width, 3], 0…255; the caller disposes. @throws {Error} if it can't be read */
  read(reading: Reading): Promise<tf.Tensor3D>;
}

/** Photos, and whether it is one that was asked for by name. */
export interface PhotoList {
  readonly sources: readonly PhotoSource[];
  readonly isSingle: boolean;
}

/**
 * All that is given, photo by photo.
 * @throws {RangeError} if there is none
 * @throws {TypeError} if pixels are of another shape
 */
export async function listOf(given: Photo | readonly Photo[]): Promise<PhotoList> {
  const all = isList(given) ? given : [given];
  const sources: PhotoSource[] = [];
  for (const one of all) sources.push(...(await sourcesOf(one, sources.length)));
  const [first] = sources;
  if (first !== undefined) return { sources, isSingle: !isList(given) && first.name === nameOf(given) };
  const what = isList(given) ? "an empty list" : `an empty ${nameOf(given)}`;
  throw new RangeError(`Cannot predict: expected photos, got ${what}`);
}

function isList(given: Photo | readonly Photo[]): given is readonly Photo[] {
  return Array.isArray(given);
}

function nameOf(given: Photo): string {
  return typeof given === "string" ? given : given instanceof URL ? given.href : "photo 0";
}

async function sourcesOf(given: Photo, before: number): Promise<PhotoSource[]> {
  const name = `photo ${before}`;
  if (given instanceof Uint8Array)
    return [{ name, isTensor: false, read: ({ dctMethod }) => readImage(given, { dctMethod }) }];
  if (given instanceof tf.Tensor) return imagesOf(given, before);
  const place = String(given);
  if (/^https?:/i.test(place)) return [addressed(place)];
  const files = await filesAt(place);
  return files.map((file) => ({ name: file, isTensor: false, read: ({ dctMethod }) => readImage(file, { dctMethod }) })); // prettier-ignore
}

async function filesAt(place: string): Promise<string[]> {
  const found = await stat(place).catch(() => undefined); // said by who reads it
  return found?.isDirectory() === true ? filesUnder(place) : [place];
}

function addressed(address: string): PhotoSource {
  const read: PhotoSource["read"] = async ({ signal, dctMethod }) => {
    const folder = await mkdtemp(join(tmpdir(), "slimlab-photo-"));
    try {
      const file = await fetchFile(address, join(folder, "photo"), signal ? { signal } : {});
      return await readImage(file, { dctMethod });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
  return { name: address, isTensor: false, read };
}

function imagesOf(images: tf.Tensor, before: number): PhotoSource[] {
  const { shape, rank, dtype } = images;
  const isRight = (rank === 3 || rank === 4) && shape[rank - 1] === 3 && /^(float32|int32)$/.test(dtype);
  if (!isRight)
    throw new TypeError(
      `Cannot predict: expected [height, width, 3] or [batch, height, width, 3], float32 or int32, got ${dtype} [${shape.join(", ")}]`,
    );
  const [height = 0, width = 0] = shape.slice(-3);
  const count = rank === 4 ? (shape[0] ?? 0) : 1;
  return Array.from({ length: count }, (_, i) => ({
    name: `photo ${before + i}`,
    isTensor: true,
    read: () => {
      const one = tf.tidy(() => (rank === 4 ? images.slice(i, 1) : images).as3D(height, width, 3));
      return Promise.resolve(one);
    },
  }));
}
