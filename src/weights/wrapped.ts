/** Networks inside other modules and models: under further names, and with a last layer that is called otherwise. */
import type { WeightsEntry, WeightsFile } from "./formats/weightsfile";
import { isCount, type Match } from "./match";
import type { Layout } from "./mappings/layout";
import { HEAD } from "./mappings/mapping";

/** So many of the names must begin alike: beside a network there are its last layer, and weights of losses. */
const MOST = 0.8;

/**
 * A file as a network inside it has its names: without what stands before most of them, as "backbone." of a module that keeps a
 * network under that name, or "mobilenetv2_1.00_224/" of a Keras model in a model; for each further part of the beginning one more.
 */
export function unwrapped(file: WeightsFile): readonly WeightsFile[] {
  return prefixesOf(file.entries.map(({ name }) => name)).flatMap((prefix) => withoutPrefix(file, prefix));
}

function prefixesOf(names: readonly string[]): readonly string[] {
  const separator = separatorOf(names);
  const found: string[] = [];
  for (let prefix = ""; ; found.push(prefix)) {
    const counts = new Map<string, number>();
    for (const name of names.filter((one) => one.startsWith(prefix))) {
      const end = name.indexOf(separator, prefix.length);
      const longer = name.slice(0, end + 1);
      if (end >= 0) counts.set(longer, (counts.get(longer) ?? 0) + 1);
    }
    const [most] = [...counts].filter(([, count]) => count >= MOST * names.length);
    if (most === undefined) return found;
    [prefix] = most;
  }
}

function separatorOf(names: readonly string[]): string {
  return names.some((name) => name.includes("/")) ? "/" : ".";
}

/** The file under shorter names; nothing where two names would be one. */
function withoutPrefix(file: WeightsFile, prefix: string): readonly WeightsFile[] {
  const named = file.entries.map((entry): [string, WeightsEntry] => [
    entry.name.startsWith(prefix) ? entry.name.slice(prefix.length) : entry.name,
    entry,
  ]);
  const byName = new Map(named);
  if (byName.size < named.length) return [];
  const original = (name: string): string => byName.get(name)?.name ?? name;
  return [
    {
      ...file,
      entries: named.map(([name, entry]) => ({ ...entry, name })),
      metadata: { ...file.metadata, prefix },
      read: (name) => file.read(original(name)),
      parts: (name) => file.parts(original(name)),
    },
  ];
}

/**
 * A match whose last layer has another name, if what the file has beside the whole network is one layer of a matrix and biases: the
 * last one of somebody's own classes. @returns the match itself where it is not so
 */
export function withOwnHead(file: WeightsFile, match: Match): Match {
  const head = ownHead(file, match);
  if (head === undefined) return match;
  const { mapping } = match;
  const layout: Layout = mapping.source === "keras" ? "same" : "linear";
  return {
    ...match,
    mapping: {
      ...mapping,
      entryOf: (variable) => {
        if (variable === `${HEAD}/weights`) return { entry: head.weights, layout };
        if (variable === `${HEAD}/biases`) return { entry: head.biases, layout: "same" };
        return mapping.entryOf(variable);
      },
    },
    unknown: [],
    numClasses: head.numClasses,
  };
}

interface OwnHead {
  readonly weights: string;
  readonly biases: string;
  readonly numClasses: number;
}

/** What may be the last layer, under another name than the network has for it; undefined where there is none. */
export function ownHead(file: WeightsFile, { lacks, unknown, numClasses }: Match): OwnHead | undefined {
  if (lacks !== undefined || numClasses !== undefined || unknown.length !== 2) return undefined;
  const ends = new Map(unknown.map((name) => [name.replace(/^.*[./]/, ""), name]));
  const [weights, biases] = [ends.get("weight") ?? ends.get("kernel"), ends.get("bias")];
  if (weights === undefined || biases === undefined) return undefined;
  const shapeOf = (name: string): readonly number[] =>
    file.entries.find((entry) => entry.name === name)?.shape ?? [];
  const [classes = 0] = shapeOf(biases);
  const isOneLayer = weights.replace(/\w+$/, "") === biases.replace(/\w+$/, "");
  if (!isOneLayer || shapeOf(weights).length !== 2 || !shapeOf(weights).includes(classes)) return undefined;
  return { weights, biases, numClasses: classes };
}

/**
 * A match without its last layer, if what the file has beside the whole network may be several in its place.
 * @returns the match itself where it is not so
 */
export function withoutHead(file: WeightsFile, match: Match): Match {
  return hasLayersBehind(file, match) ? { ...match, unknown: [], numClasses: undefined } : match;
}

/**
 * Whether a file has the whole network, and beside it what layers behind it may have: matrices and vectors whose names begin as nothing
 * of the network does, or as its last layer. "fc.1.weight" and "fc.3.weight", "classifier.4.bias", "dense_1/kernel"; not
 * "layer1.0.se.fc1.weight", which stands within.
 */
export function hasLayersBehind(file: WeightsFile, { lacks, unknown, mapping }: Match): boolean {
  if (lacks !== undefined || unknown.length === 0) return false;
  const separator = separatorOf(file.entries.map(({ name }) => name));
  const partsOf = (name: string): string[] => name.split(separator);
  const last = partsOf(mapping.entryOf(`${HEAD}/weights`)?.entry ?? "").slice(0, -1); // ["classifier", "1"]
  const isBy = (name: string, scope: readonly string[]): boolean =>
    scope.length > 0 && name.startsWith(`${scope.join(separator)}${separator}`);
  const isLast = (name: string): boolean => isBy(name, last) || isBy(name, last.slice(0, -1));
  const left = new Set(unknown);
  const within = new Set(
    file.entries.flatMap(({ name }) => (left.has(name) || isCount(name) || isBy(name, last) ? [] : partsOf(name)[0] ?? [])),
  );
  return file.entries
    .filter(({ name }) => left.has(name))
    .every(({ name, shape }) => shape.length <= 2 && (isLast(name) || !within.has(partsOf(name)[0] ?? "")));
} // prettier-ignore
