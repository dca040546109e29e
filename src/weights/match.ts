/** Which network of which source a file of weights is of. */
import { declareNetwork } from "../model/declare";
import { specOf } from "../model/networks";
import type { VariableDeclaration } from "../model/variables";
import type { WeightsEntry, WeightsFile } from "./formats/weightsfile";
import { laidOut } from "./mappings/layout";
import { HEAD, type WeightsMapping } from "./mappings/mapping";

/** How far a file's entries are those of a network. */
export interface Match {
  readonly mapping: WeightsMapping;
  /** The network's variables that the file has, in their shapes. */
  readonly found: number;
  /** Those that it has not. */
  readonly missing: number;
  /** The first variable for which it has no entry, or one of another shape, in words; undefined: it has all. */
  readonly lacks: string | undefined;
  /** Entries that no variable takes from. */
  readonly unknown: readonly string[];
  /** How many classes its last layer has; undefined: it has none. */
  readonly numClasses: number | undefined;
}

/** Whether a file has all of a network, and nothing that it doesn't know. */
export function isWhole({ lacks, unknown }: Match): boolean {
  return lacks === undefined && unknown.length === 0;
}

/** How far a file's entries are those of a network of a source. */
export function matchOf(file: WeightsFile, mapping: WeightsMapping): Match {
  const entries = new Map(file.entries.map((entry) => [entry.name, entry]));
  const used = new Set<string>();
  const declared = variablesOf(mapping);
  const wrong: string[] = [];
  for (const { name, shape } of declared) {
    const mapped = mapping.entryOf(name);
    if (mapped === undefined) {
      wrong.push(`an entry for "${name}", got none`);
      continue;
    }
    for (const entry of [mapped.entry, mapped.less ?? mapped.entry]) used.add(entry);
    const fault = faultOf(entries.get(mapped.entry), mapped.entry, laidOut(mapped.layout, shape).shape);
    if (fault !== undefined) wrong.push(fault);
  }
  const head = [`${HEAD}/weights`, `${HEAD}/biases`].flatMap((name) => mapping.entryOf(name)?.entry ?? []);
  const [biases] = entries.get(head[1] ?? "")?.shape ?? [];
  const isKnown = (name: string): boolean =>
    used.has(name) || head.includes(name) || isCount(name) || mapping.isUnused?.(name) === true;
  return {
    mapping,
    ...{ found: declared.length - wrong.length, missing: wrong.length, lacks: wrong[0], numClasses: biases },
    unknown: file.entries.map(({ name }) => name).filter((name) => !isKnown(name)),
  };
}

/** Whether an entry is what no network has for its variables: how many batches or steps there were. */
export function isCount(entry: string): boolean {
  return /(^|[./])(num_batches_tracked|global_step|n_averaged)$/.test(entry);
}

function faultOf(
  entry: WeightsEntry | undefined,
  name: string,
  expected: readonly number[],
): string | undefined {
  if (entry?.shape.join() === expected.join()) return undefined;
  const got = entry === undefined ? "none" : `[${entry.shape.join(", ")}]`;
  return `"${name}" of [${expected.join(", ")}], got ${got}`;
}

/** A network's variables without a head, in the form that a mapping is of. */
function variablesOf({ architecture, source, options = {} }: WeightsMapping): readonly VariableDeclaration[] {
  const spec = specOf(architecture);
  const { width = 1, strides = "slim" } = options;
  const network = spec.build({ source, strides, width, dropoutKeepProb: 1 });
  return declareNetwork(network, [1, spec.imageSize, spec.imageSize, 3]).variables;
}
