/** Steps that need no function: shuffle, repeat, batch, prefetch, … */
import {
  batchDataset,
  broadcastTo,
  cacheDataset,
  concatenateDataset,
  createMemoryCache,
  createSeedGenerator,
  prefetchDataset,
  repeatDataset,
  shardDataset,
  shuffleDataset,
  skipDataset,
  takeDataset,
  tf,
  TreeForm,
  unrecorded,
  zipDataset,
} from "../tensorflow";
import { Held, stepFrom, type Plan, type RecordFiles } from "./plan";

/** Each element drawn from the next `bufferSize`. See Dataset.shuffle(). */
export function shufflePlan<T>(
  parent: Plan<T>,
  bufferSize: number,
  options: { readonly seed: number | undefined; readonly reshuffleEachIteration: boolean },
): Plan<T> {
  const { seed, reshuffleEachIteration } = options;
  // As tf.random.get_seed() gives them for a seed of the operation alone, so that the order is Python's.
  const seeds: readonly [number, number] = seed === undefined ? [0, 0] : [DEFAULT_GRAPH_SEED, seed];
  const held = new Held<tf.Tensor>();
  const generator = (): tf.Tensor =>
    held.get(() => keptResource(() => createSeedGenerator(seeds, reshuffleEachIteration)));
  const plan: Plan<T> = {
    ...stepFrom(parent, "shuffle"),
    build: () => {
      const { types } = parent.spec();
      return shuffleDataset(parent.build(), types, bufferSize, seeds, generator(), reshuffleEachIteration);
    },
    release: () => held.release(),
  };
  held.releaseWith(plan);
  return plan;
}

const DEFAULT_GRAPH_SEED = 87654321; // tensorflow/python/framework/random_seed.py

/** Elements remembered after the first time. See Dataset.cache(). */
export function cachePlan<T>(parent: Plan<T>, file: string): Plan<T> {
  const held = new Held<tf.Tensor>();
  const plan: Plan<T> = {
    ...stepFrom(parent, "cache"),
    build: () => {
      const memory = held.get(() => keptResource(createMemoryCache));
      return cacheDataset(parent.build(), parent.spec().types, file, memory);
    },
    release: () => held.release(),
  };
  held.releaseWith(plan);
  return plan;
}

function keptResource(create: () => tf.Tensor): { value: tf.Tensor; free: () => void } {
  const value = tf.keep(unrecorded(create));
  return { value, free: () => value.dispose() };
}

/** The dataset `count` times over, -1 for ever. */
export function repeatPlan<T>(parent: Plan<T>, count: number): Plan<T> {
  const build = (): tf.Tensor => repeatDataset(parent.build(), parent.spec().types, count);
  return { ...stepFrom(parent, "repeat"), build };
}

/** The first `count` elements. */
export function takePlan<T>(parent: Plan<T>, count: number): Plan<T> {
  const build = (): tf.Tensor => takeDataset(parent.build(), parent.spec().types, count);
  return { ...stepFrom(parent, "take"), build };
}

/** All but the first `count` elements. */
export function skipPlan<T>(parent: Plan<T>, count: number): Plan<T> {
  const build = (): tf.Tensor => skipDataset(parent.build(), parent.spec().types, count);
  return { ...stepFrom(parent, "skip"), build };
}

/** Works ahead of who reads. */
export function prefetchPlan<T>(parent: Plan<T>, bufferSize: number): Plan<T> {
  const build = (): tf.Tensor => prefetchDataset(parent.build(), parent.spec().types, bufferSize);
  return { ...stepFrom(parent, "prefetch"), build };
}

/** Every `count`-th element, from `index` on. */
export function shardPlan<T>(parent: Plan<T>, count: number, index: number): Plan<T> {
  const build = (): tf.Tensor => shardDataset(parent.build(), parent.spec().types, count, index);
  return { ...stepFrom(parent, "shard"), build };
}

/** Elements stacked. The example is a whole batch of one element, so that sizes recorded from it hold for full batches. */
export function batchPlan<T, U>(
  parent: Plan<T>,
  options: {
    readonly size: number;
    readonly dropRemainder: boolean;
    readonly numParallelCalls: number | undefined;
  },
): Plan<U> {
  const example = (): tf.Tensor[] => {
    const one = parent.example();
    try {
      return unrecorded(() => one.map((leaf) => tf.keep(broadcastTo(leaf, [options.size, ...leaf.shape]))));
    } finally {
      tf.dispose(one);
    }
  };
  return {
    ...stepFrom(parent, "batch"),
    spec: () => ({ form: parent.spec().form.as<U>(), types: parent.spec().types }),
    build: () => batchDataset(parent.build(), parent.spec().types, options),
    example,
    strings: [],
  };
}

/** Elements of several datasets side by side, until the first ends. */
export function zipPlan<U>(parents: readonly Plan<unknown>[]): Plan<U> {
  return {
    name: "zip",
    parents,
    spec: () => ({
      form: TreeForm.list<U>(parents.map((parent) => parent.spec().form)),
      types: parents.flatMap((parent) => parent.spec().types),
    }),
    build: () =>
      zipDataset(
        parents.map((parent) => parent.build()),
        parents.flatMap((parent) => parent.spec().types),
      ),
    example: () => parents.flatMap((parent) => parent.example()),
    release: () => undefined,
    recordFiles: () => allFiles(parents),
    strings: [],
  };
}

/** One dataset after another. */
export function concatenatePlan<T>(first: Plan<T>, second: Plan<T>): Plan<T> {
  return {
    ...stepFrom(first, "concatenate"),
    parents: [first, second],
    build: () => {
      const [a, b] = [first.spec(), second.spec()];
      if (!a.form.equals(b.form) || a.types.join() !== b.types.join())
        throw new TypeError(
          `Cannot concatenate datasets: expected elements of one form and of types ${a.types.join(", ")}, got ${b.types.join(", ")}`,
        );
      return concatenateDataset(first.build(), second.build(), a.types);
    },
    recordFiles: () => allFiles([first, second]),
    strings: [...first.strings, ...second.strings],
  };
}

function allFiles(parents: readonly Plan<unknown>[]): RecordFiles {
  return parents.flatMap((parent) => {
    const files = parent.recordFiles();
    return files === "unknown" ? [] : files;
  });
}
