/** The model's files, fetched from beside the page. */
import { expectModelFile, type Description, type WeightSpec } from "./description.js";
import type { Artifacts } from "./tensorflow.js";

/** Bytes that are here, and how many there will be. */
export interface Progress {
  readonly done: number;
  readonly total: number;
}

export interface Downloaded {
  readonly description: Description;
  readonly artifacts: Artifacts;
}

const BYTES: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  uint8: 1,
  uint16: 2,
  float16: 2,
};

/** Fetches model.json. @throws {Error} if there is none */
export async function fetchModelFile(): Promise<ReturnType<typeof expectModelFile>> {
  const response = await get("model.json");
  const text = await response.text();
  try {
    const json: unknown = JSON.parse(text);
    return expectModelFile(json);
  } catch (error) {
    if (error instanceof SyntaxError) throw new Error("Cannot load the model: expected JSON in model.json, got other text; was it copied whole?"); // prettier-ignore
    throw error;
  }
}

/** Fetches the weights that model.json names. @throws {Error} if one is missing or not whole */
export async function fetchWeights(
  file: ReturnType<typeof expectModelFile>,
  onProgress: (progress: Progress) => void,
): Promise<Downloaded> {
  const { modelTopology, weightsManifest, userDefinedMetadata } = file;
  const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
  const total = weightSpecs.reduce((sum, spec) => sum + bytesOf(spec), 0);
  const paths = weightsManifest.flatMap((group) => group.paths);
  let done = 0;
  const count = (bytes: number): void => onProgress({ done: (done += bytes), total });
  const shards = await Promise.all(paths.map((path) => fetchShard(path, count)));
  const got = shards.reduce((sum, { length }) => sum + length, 0);
  if (got !== total)
    throw new Error(`Cannot load the model: expected ${total} bytes of weights, got ${got}; were its files copied whole?`); // prettier-ignore
  const weights = new Uint8Array(total);
  let place = 0;
  for (const shard of shards) {
    weights.set(shard, place);
    place += shard.length;
  }
  const artifacts = { modelTopology, weightSpecs, weightData: weights.buffer };
  return { description: userDefinedMetadata.slimlab, artifacts };
}

function bytesOf({ shape, dtype, quantization }: WeightSpec): number {
  const each = BYTES[quantization?.dtype ?? dtype] ?? NaN;
  return shape.reduce((product, side) => product * side, each);
}

async function fetchShard(path: string, count: (bytes: number) => void): Promise<Uint8Array> {
  const response = await get(path);
  if (response.body === null) throw broken(path, "nothing");
  const reader = response.body.getReader();
  const parts: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw broken(path, String(cause));
    });
    if (done) break;
    parts.push(value);
    count(value.length);
  }
  return new Uint8Array(await new Blob(parts.map((part) => part.slice())).arrayBuffer());
}

async function get(path: string): Promise<Response> {
  const response = await fetch(path).catch((cause: unknown) => {
    throw broken(path, String(cause));
  });
  if (response.ok) return response;
  throw broken(path, `${response.status} ${response.statusText}`);
}

function broken(path: string, got: string): Error {
  return new Error(`Cannot load the model: expected the whole file ${path} beside this page, got ${got}`);
}
