/** Weights that others publish, fetched once. */
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import {
  CHECKPOINTS,
  CHECKPOINTS_URL,
  isPublishedCheckpoint,
  type PublishedCheckpoint,
} from "../input/checkpoints";
import { fetchCheckpoint } from "../input/downloads";
import { fetchFile, hashOf, type FetchProgress } from "../input/fetch";
import { finishFirst, interruptible } from "../interrupt";
import { isRecord } from "./formats/json";
import { keras } from "./published/keras";
import { unknownWeights, type PublishedSource } from "./published/source";
import { timm } from "./published/timm";
import { torchvision } from "./published/torchvision";

/** Options of fetchWeights(). */
export interface FetchWeightsOptions {
  /** Where they are kept. @default "slimlab/weights" in XDG_CACHE_HOME, or else in ~/.cache */
  readonly folder?: string;
  /** What takes the place of the beginning of the source's addresses, e.g. a mirror's. @default the source's */
  readonly baseUrl?: string;
  readonly onProgress?: (progress: FetchProgress) => void;
  /** Stops; the next time goes on from there. @default the running cell's, if it is a notebook's */
  readonly signal?: AbortSignal;
}

/** Weights on the disk; importWeights() takes it. */
export interface FetchedWeights {
  /** The file, or the prefix of a checkpoint. */
  readonly path: string;
  /** The network, as its source calls it: "timm/resnet50". */
  readonly name: string;
  readonly source: "timm" | "torchvision" | "keras" | "slim";
  /** Which of the network's weights: "a1_in1k". */
  readonly tag: string;
  /** What the source says, or that it says nothing: what one may use them for is the reader's to find. */
  readonly license: string;
  readonly url: string;
  /** Of the file; of a checkpoint, of its data. */
  readonly bytes: number;
  readonly sha256: string;
}

const SOURCES = { timm, torchvision, keras } as const;

/** @see tensorflow/models: LICENSE */
const SLIM_LICENSE = "none stated (TF-Slim's code: Apache-2.0)";

/**
 * Fetches weights that were trained on ImageNet, unless they are there already. What came before an interruption is not fetched
 * again, and what comes has the size and the hash that the source says: SHA-256 at Hugging Face, the first 8 digits of it at
 * torchvision, MD5 at Keras (but of MobileNet v1 and v2); of TF-Slim's checkpoints none are published, a variable is looked at.
 * @param name  "<source>/<network>", or "<source>/<network>.<tag>" for other weights than the source's default ones:
 *   "torchvision/resnet50", "torchvision/resnet50.IMAGENET1K_V1", "timm/resnet50.a1_in1k", "keras/resnet50", "slim/resnet_v1_50"
 * @throws {RangeError} that names the nearest, if there are none of that name
 * @throws {Error} with one line that names the address, if there is no connection, or another file than expected
 * @example
 * const weights = await fetchWeights("timm/resnet50.a1_in1k");
 * console.log(weights.license);
 * const { model } = await importWeights("auto", weights);
 */
export async function fetchWeights(name: string, options: FetchWeightsOptions = {}): Promise<FetchedWeights> {
  const given = interruptible(options);
  return finishFirst(() => fetchNamed(name, given));
}

async function fetchNamed(
  name: string,
  { folder = defaultFolder(), ...running }: FetchWeightsOptions,
): Promise<FetchedWeights> {
  const [, source = "", network = "", tag] = /^(\w+)\/(\w+?)(?:\.(.+))?$/.exec(name) ?? [];
  if (source === "slim" && tag === undefined && isPublishedCheckpoint(network)) {
    const path = await fetchCheckpoint(network, join(folder, "slim"), running);
    return fetchedCheckpoint(network, path, running.baseUrl);
  }
  if (!isSource(source)) throw unknownWeights(name, knownNames());
  return fetchFrom(source, network, tag, join(folder, source), running);
}

type FileSource = keyof typeof SOURCES;

const isSource = (name: string): name is FileSource => Object.hasOwn(SOURCES, name);

function knownNames(): string[] {
  const files = Object.entries(SOURCES).flatMap(([source, { networks }]) =>
    networks.map((network) => `${source}/${network}`),
  );
  return [...files, ...Object.keys(CHECKPOINTS).map((network) => `slim/${network}`)];
}

function defaultFolder(): string {
  const cache = process.env["XDG_CACHE_HOME"];
  return join(cache === undefined || cache === "" ? join(homedir(), ".cache") : cache, "slimlab", "weights");
}

type Running = Omit<FetchWeightsOptions, "folder">;

async function fetchFrom(
  source: FileSource,
  network: string,
  asked: string | undefined,
  folder: string,
  running: Running,
): Promise<FetchedWeights> {
  const from: PublishedSource = SOURCES[source];
  const tag = from.tagOf(network, asked);
  const place = join(folder, `${network}.${tag}`);
  const kept = await keptWeights(place);
  if (kept !== undefined) return kept;
  const { baseUrl = from.baseUrl, signal } = running;
  const { address, beside, license, ...expected } = await from.find(network, tag, {
    baseUrl,
    ...(signal === undefined ? {} : { signal }),
  });
  const url = new URL(address, baseUrl).href;
  if (beside !== undefined)
    await fetchFile(
      new URL(beside, baseUrl).href,
      join(place, basename(beside)),
      signal === undefined ? {} : { signal },
    );
  const path = await fetchFile(url, join(place, basename(address)), { ...running, ...expected });
  const sha256 = await hashOf(path, "SHA-256");
  const fetched = {
    path,
    name: `${source}/${network}`,
    source,
    tag,
    license,
    url,
    bytes: statSync(path).size,
    sha256,
  };
  writeFileSync(join(place, NOTE), `${JSON.stringify({ ...fetched, path: basename(path) }, undefined, 2)}\n`);
  return fetched;
}

/** Beside a file: what fetchWeights() gave of it, so that it is there without a connection, too. */
const NOTE = "published.json";

/** What is there already, whole; without a note, or with half of one, it is to be asked for again. */
async function keptWeights(place: string): Promise<FetchedWeights | undefined> {
  const note = join(place, NOTE);
  const noted = existsSync(note) ? parsed(readFileSync(note, "utf8")) : undefined;
  if (!isFetched(noted)) return undefined;
  const path = join(place, basename(noted.path));
  if (!existsSync(path) || statSync(path).size !== noted.bytes) return undefined;
  return (await hashOf(path, "SHA-256")) === noted.sha256 ? { ...noted, path } : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isFetched(value: unknown): value is FetchedWeights {
  const texts = ["path", "name", "source", "tag", "license", "url", "sha256"] as const;
  return (
    isRecord(value) &&
    texts.every((key) => typeof value[key] === "string") &&
    typeof value["bytes"] === "number"
  );
}

/** A checkpoint as it was unpacked. */
async function fetchedCheckpoint(
  network: PublishedCheckpoint,
  path: string,
  baseUrl: string | undefined,
): Promise<FetchedWeights> {
  const [address] = CHECKPOINTS[network];
  const data = existsSync(path) ? path : `${path}.data-00000-of-00001`;
  const [tag = ""] = basename(address).split(/\.(tar|tgz)/);
  return {
    ...{ path, name: `slim/${network}`, source: "slim", tag, license: SLIM_LICENSE },
    ...{
      url: new URL(address, baseUrl ?? CHECKPOINTS_URL).href,
      bytes: statSync(data).size,
      sha256: await hashOf(data, "SHA-256"),
    },
  };
}
