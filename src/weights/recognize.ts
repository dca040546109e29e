/** The network that a file is of, where names and shapes tell it. */
import type { Model } from "../model/model";
import type { Preprocessing } from "../model/normalization";
import { resolveOptions } from "../model/options";
import { isInScopes, parseScopes, type Scopes } from "../model/scopes";
import type { WeightsFile } from "./formats/weightsfile";
import { expectConfigured } from "./configured";
import { MAPPINGS } from "./mappings";
import { HEAD, type MappedOptions, type WeightsMapping } from "./mappings/mapping";
import { taggedOf } from "./mappings/tags";
import { libraryOf, quoteNearestWeights } from "./published/source";
import { isWhole, matchOf, type Match } from "./match";
import { hasLayersBehind, ownHead, unwrapped, withoutHead, withOwnHead } from "./wrapped";

/** The network that a file is of, and the file under the names that the network has. */
export interface Recognized extends Match {
  readonly file: WeightsFile;
}

/** What else is known of a file. */
export interface RecognizeOptions {
  /** What the pixels of these weights are, if they are timm's. @default the network's */
  readonly timmPixels?: Preprocessing | undefined;
  /** Of the model, what is not loaded: without its last layer, the file may have several. @default none */
  readonly excludeScopes?: Scopes | undefined;
}

/**
 * The network that a file is of, also as a part of a module or a Keras model; where it is said whose weights they are, its last layer
 * may have another name.
 * @param source  what the caller says that it is: "timm/resnet50", or "timm" alone
 * @param model   one that is of that network already. @default any network
 * @throws {RangeError} that names the nearest network and what the file lacks of it, if it is of none
 * @throws {RangeError} that names those it may be of, if names and shapes can't tell
 */
export function recognize(
  file: WeightsFile,
  source: string | undefined,
  model?: Model,
  { timmPixels, excludeScopes }: RecognizeOptions = {},
): Recognized {
  const named = mappingsNamed(source).map((mapping) => withPixels(mapping, timmPixels));
  if (model !== undefined && !named.some((mapping) => isOf(mapping, model)))
    throw ofOtherModel(file, named, model);
  const isHeadLeft = isInScopes(`${HEAD}/weights`, parseScopes(excludeScopes));
  const isSaid = source !== undefined || model !== undefined;
  const candidates: Candidates[] = [];
  for (const view of [file, ...unwrapped(file)]) {
    const matches = named.map((mapping) => {
      const match = matchIn(view, mapping);
      if (!isSaid) return match;
      const headed = withOwnHead(view, match);
      return isHeadLeft ? withoutHead(view, headed) : headed;
    });
    const whole = matches.filter(isWhole);
    const match = whole.find(({ mapping }) => model === undefined || isOf(mapping, model));
    if (match !== undefined) {
      if (match.mapping.name !== source) expectTold(file, match.mapping, whole, model);
      expectConfigured(view, match.mapping);
      return { ...match, file: view };
    }
    candidates.push({ file: view, matches });
  }
  const best = bestOf(candidates);
  throw model === undefined ? notNamed(best, source) : notOf(best, model);
}

/** A file under some names, and how far they are those of networks. */
interface Candidates {
  readonly file: WeightsFile;
  readonly matches: readonly Match[];
}

/** The names with a network that fits, though not what was asked for, or else those with the nearest one. */
function bestOf(candidates: readonly Candidates[]): Candidates {
  const rank = ({ matches }: Candidates): number =>
    Math.max(...matches.map((match) => (isWhole(match) ? Infinity : nearness(match))));
  return candidates.reduce((best, one) => (rank(one) > rank(best) ? one : best));
}

/** @throws {RangeError} that names the others that have the same names and shapes, but compute something else */
function expectTold(
  file: WeightsFile,
  mapping: WeightsMapping,
  whole: readonly Match[],
  model?: Model,
): void {
  const others = whole
    .flatMap(({ mapping: { name, twins = [] } }) => [name, ...twins])
    .filter((name) => model === undefined || libraryOf(name) === libraryOf(mapping.name)); // a model says by its form whose it is
  const different = [...new Set(others)].filter(
    (name) => name !== mapping.name && !mapping.equals?.includes(name),
  );
  if (different.length === 0) return;
  throw new RangeError(
    `Cannot import "${file.path}": expected to be told whose weights it has, as these have the same names and shapes, but compute something else: ${[mapping.name, ...different].join(", ")}; give { source: "${mapping.name}" } if it is that`,
  );
}

/** How far a file's entries are those of a network, with the names that this file has for it. */
function matchIn(file: WeightsFile, mapping: WeightsMapping): Match {
  const names = file.entries.map(({ name }) => name);
  return matchOf(file, { ...mapping, entryOf: mapping.entriesOf?.(names) ?? mapping.entryOf });
}

function withPixels(mapping: WeightsMapping, preprocessing: Preprocessing | undefined): WeightsMapping {
  if (preprocessing === undefined || !mapping.name.startsWith("timm/")) return mapping;
  return { ...mapping, options: { ...mapping.options, preprocessing } };
}

/** Those that a source's name means. @throws {RangeError} that names the nearest, if there are none */
export function mappingsNamed(source: string | undefined): readonly WeightsMapping[] {
  if (source === undefined) return MAPPINGS;
  const found = MAPPINGS.filter(
    (mapping) => mapping.name === source || mapping.name.startsWith(`${source}/`),
  );
  if (found.length > 0) return found;
  const tagged = MAPPINGS.filter(({ name }) => taggedOf(name).includes(source));
  if (tagged.length > 0) return tagged.map((mapping) => ({ ...mapping, name: source }));
  const twin = MAPPINGS.find(({ twins, unfilled }) => twins?.includes(source) || unfilled?.name === source);
  throw unknownSource(source, twin?.name);
}

/** Why a source is none. @param twin  whose names and shapes its weights have */
function unknownSource(source: string, twin: string | undefined): RangeError {
  const names = MAPPINGS.flatMap(({ name }) => [name, ...taggedOf(name)]);
  const libraries = [...new Set(names.map(libraryOf))];
  const why = twin === undefined ? "no such source" : `one that no network here computes: it is not ${twin}`;
  return new RangeError(
    `Cannot import weights of "${source}": expected a source such as ${quoteNearestWeights(source, names)}, or ${libraries.join(", ")} alone, got ${why}`,
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
function notOf({ file, matches }: Candidates, model: Model): RangeError {
  const { architecture, source } = model.options;
  const forms = matches.filter(isWhole).map(({ mapping }) => formOf(mapping));
  if (forms.length === 0)
    return ofNoNetwork({ file, matches: matches.filter(({ mapping }) => isOf(mapping, model)) });
  return new RangeError(
    `Cannot import "${file.path}": expected weights of the model's ${architecture} of source "${source}", got those of a model created with ${forms.slice(0, 5).join(", or ")}; importWeights("auto", …) creates the right one`,
  );
}

/** What a model is to be created with. */
export function formOf({ name, architecture, source, options }: WeightsMapping): string {
  return `${JSON.stringify({ architecture, source, ...options })} for ${name}`;
}

/** Where a file is of another network than its caller says, which is said. */
function notNamed({ file, matches }: Candidates, source: string | undefined): RangeError {
  const others =
    source === undefined ? [] : MAPPINGS.map((mapping) => matchIn(file, mapping)).filter(isWhole);
  if (others.length === 0) return ofNoNetwork({ file, matches });
  const names = others.map(({ mapping: { name } }) => name).join(", or ");
  return new RangeError(
    `Cannot import "${file.path}": expected weights of "${source}", got those of ${names}`,
  );
}

function ofNoNetwork({ file, matches }: Candidates): RangeError {
  const cannot = `Cannot import "${file.path}": expected the names and shapes of a known network, got ${file.entries.length} tensors of another`;
  if (file.entries.some(({ name }) => name === `${HEAD}/weights`))
    return new RangeError(
      `Cannot import "${file.path}": expected the names of a library's network, got those of a Model here; initVariablesFromCheckpoint() reads them, of a SavedModel its variables/variables`,
    );
  const [best] = [...matches].sort((a, b) => nearness(b) - nearness(a));
  if (best === undefined || best.found === 0) return new RangeError(cannot);
  const { mapping, lacks, unknown } = best;
  const others = unknown.slice(0, 3).map((name) => `"${name}"`);
  return new RangeError(
    `${cannot}; of the nearest, ${mapping.name}, expected ${lacks ?? `no others, got ${others.join(", ")}${hintOf(file, best, matches)}`}`,
  );
}

/** What may be done where a file has a whole network and layers of its own behind it; `matches` are of networks that it may be. */
function hintOf(file: WeightsFile, best: Match, matches: readonly Match[]): string {
  const same = matches.filter((match) => nearness(match) === nearness(best));
  const source = `source: ${same.map(({ mapping }) => `"${mapping.name}"`).join(" | ")}`;
  if (ownHead(file, best) !== undefined) return `; give { ${source} } if that is its last layer`;
  if (!hasLayersBehind(file, best)) return "";
  return `; if these are the layers of a head, give { ${source}, excludeScopes: "${HEAD}" } to leave them out, and train a new one`;
}

/** How much of a network a file has, less what only one of them has. */
function nearness({ found, missing, unknown }: Match): number {
  return found - missing - unknown.length;
}
