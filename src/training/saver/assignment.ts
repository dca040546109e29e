/** Which entry of a checkpoint each variable is loaded from, where they do not have the same names. */
import type { CheckpointVariable } from "../../tensorflow";
import { expectScopes, isInScopes } from "../../model/scopes";

/** Options of how names in a checkpoint become names of variables. */
export interface AssignmentOptions {
  /**
   * Names or scopes in the checkpoint, and what they are in the model; "" or "/" for all there is. A variable in several of them
   * goes by the longest; one in none of them is loaded by its own name. @default none
   * @see tf.compat.v1.train.init_from_checkpoint, which leaves those as they are
   */
  readonly assignmentMap?: Readonly<Record<string, string>>;
  /**
   * Whether variables get their moving averages, "<variable>/ExponentialMovingAverage", where the checkpoint has these.
   * @default false
   * @see tf.train.ExponentialMovingAverage.variables_to_restore
   */
  readonly movingAverages?: boolean;
}

/** The end of the name of a variable's moving average. */
export const AVERAGE = "ExponentialMovingAverage";

/**
 * The name in a checkpoint of a variable.
 * @param names    of the variables
 * @param entries  names in the checkpoint
 * @throws {RangeError} if a scope of the map is in none of the names, naming the nearest; if two become one; or if there are no
 *   moving averages
 */
export function namesInCheckpoint(
  names: readonly string[],
  entries: ReadonlySet<string>,
  { assignmentMap = {}, movingAverages = false }: AssignmentOptions,
): (name: string) => string {
  const pairs = Object.entries(assignmentMap).map(([from, to]) => ({ from: trim(from), to: trim(to) }));
  expectScopes(pairs.map(({ from }) => from), [...entries], "map names", "checkpoint"); // prettier-ignore
  expectScopes(pairs.map(({ to }) => to), names, "map names"); // prettier-ignore
  pairs.sort((a, b) => b.to.length - a.to.length);
  const twice = pairs.find(({ to }, i) => to === pairs[i + 1]?.to);
  if (twice !== undefined)
    throw new RangeError(`Cannot map names: expected one scope that becomes "${twice.to}", got several`);
  if (movingAverages && ![...entries].some((name) => name.endsWith(`/${AVERAGE}`)))
    throw new RangeError(`Cannot load moving averages: expected names that end in "/${AVERAGE}", got none`);
  return (name) => {
    const pair = pairs.find(({ to }) => to === "" || isInScopes(name, [to]));
    const source = pair === undefined ? name : trim(`${pair.from}/${trim(name.slice(pair.to.length))}`);
    const average = `${source}/${AVERAGE}`;
    return movingAverages && entries.has(average) ? average : source;
  };
}

function trim(scope: string): string {
  return scope.trim().replace(/^\/+|\/+$/g, "");
}

/** Variables that a checkpoint lacks. */
export interface Lacking {
  readonly name: string;
  readonly shape: readonly number[];
}

/** How the names in a checkpoint may come to be those of variables that it lacks; "" where that can't be told. */
export function hintOf(missing: readonly Lacking[], entries: readonly CheckpointVariable[]): string {
  const [network, other] = [missing, entries].map((list) => networkIn(list.map(({ name }) => name)));
  if (network !== undefined && other !== undefined && network !== other)
    return `; it is a checkpoint of "${other}", not of "${network}"`;
  const names = new Set(entries.map(({ name }) => name));
  if (missing.filter(({ name }) => names.has(`${name}/${AVERAGE}`)).length * 2 > missing.length)
    return "; it has their moving averages: load these with movingAverages: true";
  const counts = new Map<string, number>();
  for (const variable of missing) {
    const pair = pairOf(variable, entries);
    if (pair !== undefined) counts.set(pair, (counts.get(pair) ?? 0) + 1);
  }
  const [best] = [...counts].sort(([, a], [, b]) => b - a);
  const isLikely = best !== undefined && 2 * best[1] > missing.length;
  return isLikely ? `; it has them under other names: load it with assignmentMap: { ${best[0]} }` : "";
}

/** The scopes by which a variable and the entry of the same shape differ whose names have the most parts at their ends in common. */
function pairOf({ name, shape }: Lacking, entries: readonly CheckpointVariable[]): string | undefined {
  const to = name.split("/");
  let common = 0;
  let best: string | undefined;
  for (const entry of entries) {
    if (entry.shape.join() !== shape.join()) continue;
    const from = entry.name.split("/");
    let same = 0;
    while (same < to.length && same < from.length && to.at(-1 - same) === from.at(-1 - same)) same++;
    if (same <= common) continue;
    common = same;
    const scopes = [from, to].map((parts) => parts.slice(0, parts.length - same).join("/"));
    best = scopes.map((scope) => JSON.stringify(scope)).join(": ");
  }
  return best;
}

/** The network that most of the names are of, by a scope of theirs that its variables are in, if there is one. */
function networkIn(names: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const name of names)
    for (const part of name.split("/"))
      if (isNetworkScope(part)) counts.set(part, (counts.get(part) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

/** Whether it is a scope as networks have: "resnet_v1_50", "vgg_16", "InceptionV3", "MobilenetV2", "efficientnet_b0". */
function isNetworkScope(scope: string): boolean {
  return /^(wide_|se)?resnet(_v[12]_)?\d+(_2)?$|^(alex|vgg|efficient|convnext)\w*_\w+$|^(Inception|Mobilenet)\w*V\d$/.test(
    scope,
  );
}
