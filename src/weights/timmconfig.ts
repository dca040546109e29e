/** What timm writes beside a model's weights: config.json, which says whose they are and what its pixels are. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Preprocessing } from "../model/normalization";
import { reasonOf } from "../tensorflow";
import { isRecord } from "./formats/json";
import type { PhotosShown } from "./published/photos";

/** A model of timm's, as its config.json has it. */
export interface TimmConfig {
  /** "timm/resnet50" */
  readonly name: string;
  /** What its pixels are normalized to: other weights of one network may have others. */
  readonly preprocessing: Preprocessing;
  readonly photos: PhotosShown;
}

/** By mean and standard deviation, of 0…1. @see timm 1.0.31: data/constants.py */
const KNOWN: Readonly<Record<string, Preprocessing>> = {
  "0.485,0.456,0.406,0.229,0.224,0.225": "torch",
  "0.5,0.5,0.5,0.5,0.5,0.5": "inception",
};

/**
 * The config.json of timm beside a file of weights, as at Hugging Face.
 * @param path  the file, or its folder
 * @returns undefined where there is none, or it is not timm's
 * @throws {Error} that names it, if its pixels are such as no network here has, or its network was made with other arguments
 * @see timm 1.0.31: models/_hub.py, save_config_for_hf() and load_model_config_from_hf(), which has the form before version 0.9, too
 */
export function timmConfigBeside(path: string): TimmConfig | undefined {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const file = join(isFolder ? path : dirname(path), "config.json");
  if (!existsSync(file)) return undefined;
  const config = parsed(file);
  if (!isRecord(config) || typeof config["architecture"] !== "string") return undefined;
  const pretrained = isRecord(config["pretrained_cfg"]) ? config["pretrained_cfg"] : config;
  const { mean, std } = pretrained;
  if (!Array.isArray(mean) || !Array.isArray(std)) return undefined;
  expectArguments(file, config);
  const preprocessing = KNOWN[[mean, std].join()];
  const expected = `mean and std as ${Object.keys(KNOWN).join(" or ")}`;
  if (preprocessing === undefined)
    throw new Error(`Cannot import weights with "${file}": expected ${expected}, got ${[mean, std].join()}`);
  return { name: `timm/${config["architecture"]}`, preprocessing, photos: photosOf(file, pretrained) };
}

/**
 * How photographs are shown; what is not said is as timm takes it then.
 * @throws {Error} if sizes are none, or of no square
 * @see timm 1.0.31: data/config.py, resolve_data_config(), without its test sizes; data/transforms_factory.py, transforms_imagenet_eval()
 */
function photosOf(file: string, pretrained: Readonly<Record<string, unknown>>): PhotosShown {
  const said = Object.fromEntries(Object.entries(pretrained).filter(([, value]) => value !== null));
  const {
    input_size = [3, 224, 224],
    crop_pct = 0.875,
    interpolation = "bicubic",
    crop_mode = "center",
  } = said;
  const refuse = (expected: string, got: unknown): Error =>
    new Error(`Cannot import weights with "${file}": expected ${expected}, got ${JSON.stringify(got)}`);
  const sizes: readonly unknown[] = Array.isArray(input_size) ? input_size : [];
  const [, height, width] = sizes;
  if (!isSide(height) || height !== width)
    throw refuse("input_size of three numbers, a square's sides last", input_size);
  if (typeof crop_pct !== "number" || !(crop_pct > 0 && crop_pct <= 1))
    throw refuse("crop_pct above 0 and up to 1", crop_pct);
  const fixedResizeSide = Math.floor(height / crop_pct);
  return {
    fixedResizeSide,
    defaultImageSize: height,
    interpolation: String(interpolation),
    ...(crop_mode === "squash" && { centralFraction: crop_pct }),
    cropMode: String(crop_mode),
  };
}

function isSide(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0;
} // prettier-ignore

/** Arguments of timm.create_model() of which nothing follows but the shapes of weights, or what is dropped in training. */
const PLAIN = ["num_classes", "in_chans", "drop_rate", "drop_path_rate", "drop_block_rate", "global_pool"];

/**
 * Refuses a network that was made with arguments by which it computes something else under the same names and shapes.
 * @see timm 1.0.31: models/_hub.py, save_config_for_hf(), which keeps them
 */
function expectArguments(file: string, config: Readonly<Record<string, unknown>>): void {
  const given = isRecord(config["model_args"]) ? config["model_args"] : {};
  const told = Object.entries(given).filter(([key, value]) => value !== null && !PLAIN.includes(key));
  const pools = [config["global_pool"], given["global_pool"]].filter((pool) => !isMean(pool));
  const odd = [...told, ...pools.map((pool) => ["global_pool", pool] as const)];
  if (odd.length === 0) return;
  const got = odd.map(([key, value]) => `${key} ${JSON.stringify(value)}`).join(", ");
  throw new Error(
    `Cannot import weights with "${file}": expected a network as timm makes it by its name, got one with ${got}`,
  );
}

/** Whether a pooling is the mean, which is the default. */
function isMean(pool: unknown): boolean {
  return pool === undefined || pool === null || pool === "" || pool === "avg";
}

function parsed(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new Error(`Cannot read "${file}": expected JSON, got ${reasonOf(cause)}`, { cause });
  }
}
