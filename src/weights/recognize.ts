/** The network that a file is of, where names and shapes tell it. */
import type { Model } from "../model/model";
import type { Preprocessing } from "../model/normalization";
import { resolveOptions } from "../model/options";
import { quoteNearest } from "../tensorflow";
import type { WeightsFile } from "./formats/weightsfile";
import { MAPPINGS } from "./mappings";
import type { MappedOptions, WeightsMapping } from "./mappings/mapping";
import { taggedOf } from "./mappings/tags";
import { isWhole, matchOf, type Match } from "./match";

/**
 * The network that a file is of.
 * @param source  what the caller says that it is: "timm/resnet50", or "timm" alone
 * @param model   one that is of that network already. @default any network
 * @param timmPixels  what the pixels of these weights are, if they are timm's. @default the network's
 * @throws {RangeError} that names the nearest network and what the file lacks of it, if it is of none
 * @throws {RangeError} that names those it may be of, if names and shapes can't tell
 */
export function recognize(
  file: WeightsFile,
  source: string | undefined,
  model?: Model,
  timmPixels?: Preprocessing,
): Match {
  const names = file.entries.map(({ name }) => name);
  const named = mappingsNamed(source).map((mapping) => withPixels(inFile(mapping, names), timmPixels));
  if (model !== undefined && !named.some((mapping) => isOf(mapping, model)))
    throw ofOtherModel(file, named, model);
  const matches = named.map((mapping) => matchOf(file, mapping));
  const whole = matches.filter(isWhole);
  const match = whole.find(({ mapping }) => model === undefined || isOf(mapping, model));
  if (match === undefined)
    throw model === undefined ? notNamed(file, matches, source) : notOf(file, matches, model);
  const { mapping } = match;
  if (mapping.name === source) return match;
  const library = mapping.name.slice(0, mapping.name.indexOf("/") + 1);
  const others = whole
    .flatMap(({ mapping: { name, twins = [] } }) => [name, ...twins])
    .filter((name) => model === undefined || name.startsWith(library)); // a model says by its form whose it is
  const different = [...new Set(others)].filter(
    (name) => name !== mapping.name && !mapping.equals?.includes(name),
  );
  if (different.length === 0) return match;
  throw new RangeError(
    `Cannot import "${file.path}": expected to be told whose weights it has, as these have the same names and shapes, but compute something else: ${[mapping.name, ...different].join(", ")}; give { source: "${mapping.name}" } if it is that`,
  );
}

/** With the names that a file has. */
function inFile(mapping: WeightsMapping, names: readonly string[]): WeightsMapping {
  return { ...mapping, entryOf: mapping.entriesOf?.(names) ?? mapping.entryOf };
}

function withPixels(mapping: WeightsMapping, preprocessing: Preprocessing | undefined): WeightsMapping {
  if (preprocessing === undefined || !mapping.name.startsWith("timm/")) return mapping;
  return { ...mapping, options: { ...mapping.options, preprocessing } };
}

/** Those that a source's name means. @throws {RangeError} that names the nearest, if there are none */
function mappingsNamed(source: string | undefined): readonly WeightsMapping[] {
  if (source === undefined) return MAPPINGS;
  const found = MAPPINGS.filter(
    (mapping) => mapping.name === source || mapping.name.startsWith(`${source}/`),
  );
  if (found.length > 0) return found;
  const tagged = MAPPINGS.filter(({ name }) => taggedOf(name).includes(source));
  if (tagged.length > 0) return tagged.map((mapping) => ({ ...mapping, name: source }));
  const names = MAPPINGS.flatMap(({ name }) => [name, ...taggedOf(name)]);
  const twin = MAPPINGS.find(({ twins, unfilled }) => twins?.includes(source) || unfilled?.name === source);
  const why =
    twin === undefined ? "no such source" : `one that no network here computes: it is not ${twin.name}`;
  throw new RangeError(
    `Cannot import weights of "${source}": expected a source such as ${quoteNearest(source, names)}, got ${why}`,
  );
}

/** Whether a model has the form that a mapping is of. */
export function isOf({ architecture, source, options = {} }: WeightsMapping, model: Model): boolean {
  const own = model.options;
  return (
    architecture === own.architecture &&
    source === own.source &&
    sameOptions({ architecture, source, ...options }, own)
  );
}

/** Whether what a source asks for is what a model has. */
function sameOptions(asked: Parameters<typeof resolveOptions>[0], own: Required<MappedOptions>): boolean {
  const { width, strides, batchNormEpsilon, preprocessing } = resolveOptions(asked);
  return (
    width === own.width &&
    strides === own.strides &&
    batchNormEpsilon === own.batchNormEpsilon &&
    preprocessing === own.preprocessing
  );
}

function ofOtherModel(file: WeightsFile, named: readonly WeightsMapping[], model: Model): RangeError {
  const { architecture, source, width, strides, batchNormEpsilon, preprocessing } = model.options;
  const has = { architecture, source, width, strides, batchNormEpsilon, preprocessing };
  const same = named.filter((mapping) => mapping.architecture === architecture);
  const list = (same.length > 0 ? same : named).map(formOf);
  return new RangeError(
    `Cannot import "${file.path}": expected a model created with ${list.slice(0, 5).join(", or ")}, got ${JSON.stringify(has)}; importWeights("auto", …) creates the right one`,
  );
}

/** Where a file is of another network or form than the model's, which is said. */
function notOf(file: WeightsFile, matches: readonly Match[], model: Model): RangeError {
  const { architecture, source } = model.options;
  const forms = matches.filter(isWhole).map(({ mapping }) => formOf(mapping));
  if (forms.length === 0)
    return ofNoNetwork(
      file,
      matches.filter(({ mapping }) => isOf(mapping, model)),
    );
  return new RangeError(
    `Cannot import "${file.path}": expected weights of the model's ${architecture} of source "${source}", got those of a model created with ${forms.slice(0, 5).join(", or ")}; importWeights("auto", …) creates the right one`,
  );
}

/** What a model is to be created with. */
export function formOf({ name, architecture, source, options }: WeightsMapping): string {
  return `${JSON.stringify({ architecture, source, ...options })} for ${name}`;
}

/** Where a file is of another network than its caller says, which is said. */
function notNamed(file: WeightsFile, matches: readonly Match[], source: string | undefined): RangeError {
  const others =
    source === undefined ? [] : MAPPINGS.map((mapping) => matchOf(file, mapping)).filter(isWhole);
  if (others.length === 0) return ofNoNetwork(file, matches);
  const names = others.map(({ mapping: { name } }) => name).join(", or ");
  return new RangeError(
    `Cannot import "${file.path}": expected weights of "${source}", got those of ${names}`,
  );
}

function ofNoNetwork(file: WeightsFile, matches: readonly Match[]): RangeError {
  const best = [...matches].sort((a, b) => nearness(b) - nearness(a))[0];
  const count = `${file.entries.length} tensors`;
  const what =
    best?.lacks === undefined
      ? `no others, got ${best?.unknown
          .slice(0, 3)
          .map((name) => `"${name}"`)
          .join(", ")}`
      : best.lacks;
  const near =
    best === undefined || best.found === 0 ? "" : `; of the nearest, ${best.mapping.name}, expected ${what}`;
  return new RangeError(
    `Cannot import "${file.path}": expected the names and shapes of a known network, got ${count} of another${near}`,
  );
}

/** How much of a network a file has, less what only one of them has. */
function nearness({ found, missing, unknown }: Match): number {
  return found - missing - unknown.length;
}
