/** Steps that need no function: shuffle, repeat, batch, prefetch, … */
import {
  batchDataset,
  broadcastTo,
  cacheDataset,
  concatenateDataset,
  createIterator,
  createMemoryCache,
  createSeedGenerator,
  nextElementSync,
  prefetchDataset,
  rangeDataset,
  repeatDataset,
  shardDataset,
  shuffleDataset,
  skipDataset,
  takeDataset,
  tf,
  TreeForm,
  unrecorded,
  zipDataset,
  type DataType,
} from "../tensorflow";
import { Chance, type Draw } from "./draws";
import { buildSkipping, Held, startingAfter, stepFrom, type Plan, type RecordFiles } from "./plan";

/** Each element drawn from the next `bufferSize`. See Dataset.shuffle(). */
export function shufflePlan<T>(
  parent: Plan<T>,
  bufferSize: number,
  options: { readonly seed: number | undefined; readonly reshuffleEachIteration: boolean },
): Plan<T> {
  const { seed, reshuffleEachIteration } = options;
  const chance = new Chance(seed);
  const held = new Held<tf.Tensor>(); // for examples, and for a dataset inside of interleave()'s function
  const types = (): readonly DataType[] => parent.spec().types;
  const generatorOf = (draw: Draw): tf.Tensor => createGenerator(draw, reshuffleEachIteration);
  const plan: Plan<T> = {
    ...stepFrom(parent, "shuffle"),
    build: buildSkipping((start) => {
      const generator =
        start?.draws.generator(chance, generatorOf) ??
        held.get(() => keptResource(() => generatorOf({ seed: chance.seed, nth: 0 })));
      const seeds = seedsOf(start?.draws.of(chance).seed ?? chance.seed);
      return shuffleDataset(
        parent.build(start),
        types(),
        bufferSize,
        seeds,
        generator,
        reshuffleEachIteration,
      );
    }, types),
    release: () => {
      held.release();
      chance.reset();
    },
    detail: () => String(bufferSize),
    chance,
  };
  held.releaseWith(plan);
  return plan;
}

/** As tf.random.get_seed() gives them for a seed of the operation alone, so that the order is Python's. */
function seedsOf(seed: number): readonly [number, number] {
  return [DEFAULT_GRAPH_SEED, seed];
}

const DEFAULT_GRAPH_SEED = 87654321; // tensorflow/python/framework/random_seed.py

/** The source of a shuffle's seeds, from where the iterations before have left it; each took one of its draws. */
function createGenerator({ seed, nth }: Draw, reshuffle: boolean): tf.Tensor {
  const seeds = seedsOf(seed);
  return unrecorded(() => {
    const generator = tf.keep(createSeedGenerator(seeds, reshuffle));
    if (!reshuffle || nth === 0) return generator;
    const types = ["int32"] as const;
    const iterator = tf.tidy(() => {
      const shuffled = shuffleDataset(rangeDataset(0, 1, 1), types, 1, seeds, generator, reshuffle);
      return tf.keep(createIterator(skipDataset(repeatDataset(shuffled, types, nth), types, nth - 1), types));
    });
    tf.dispose([...nextElementSync(iterator, types), iterator]);
    return generator;
  });
}

/** Elements remembered after the first time. See Dataset.cache(). */
export function cachePlan<T>(parent: Plan<T>, file: string): Plan<T> {
  const held = new Held<tf.Tensor>();
  const types = (): readonly DataType[] => parent.spec().types;
  const plan: Plan<T> = {
    ...stepFrom(parent, "cache"),
    build: buildSkipping((start) => {
      const memory = held.get(() => keptResource(createMemoryCache));
      // What it holds was drawn in the first iteration.
      const first = start === undefined ? undefined : { skip: 0, draws: start.draws.first() };
      return cacheDataset(parent.build(first), types(), file, memory);
    }, types),
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
  const types = (): readonly DataType[] => parent.spec().types;
  const build = buildSkipping((start) => repeatDataset(parent.build(start), types(), count), types);
  return { ...stepFrom(parent, "repeat"), build, detail: () => String(count) };
}

/** The first `count` elements. */
export function takePlan<T>(parent: Plan<T>, count: number): Plan<T> {
  const build: Plan<T>["build"] = (start) =>
    takeDataset(parent.build(start), parent.spec().types, Math.max(0, count - (start?.skip ?? 0)));
  return { ...stepFrom(parent, "take"), build, detail: () => String(count) };
}

/** All but the first `count` elements. */
export function skipPlan<T>(parent: Plan<T>, count: number): Plan<T> {
  const build: Plan<T>["build"] = (start) => {
    const after = startingAfter(count + (start?.skip ?? 0), start);
    return after === undefined
      ? skipDataset(parent.build(), parent.spec().types, count)
      : parent.build(after);
  };
  return { ...stepFrom(parent, "skip"), build, detail: () => String(count) };
}

/** Works ahead of who reads. */
export function prefetchPlan<T>(parent: Plan<T>, bufferSize: number): Plan<T> {
  const build: Plan<T>["build"] = (start) =>
    prefetchDataset(parent.build(start), parent.spec().types, bufferSize);
  return { ...stepFrom(parent, "prefetch"), build };
}

/** Every `count`-th element, from `index` on. */
export function shardPlan<T>(parent: Plan<T>, count: number, index: number): Plan<T> {
  const build: Plan<T>["build"] = (start) => {
    const before = startingAfter((start?.skip ?? 0) * count, start);
    return shardDataset(parent.build(before), parent.spec().types, count, index);
  };
  return { ...stepFrom(parent, "shard"), build, detail: () => String(count) }; // one position for all workers
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
    build: (start) => {
      const before = startingAfter((start?.skip ?? 0) * options.size, start);
      return batchDataset(parent.build(before), parent.spec().types, options);
    },
    example,
    strings: [],
    detail: () => `${options.size}${options.dropRemainder ? ", whole" : ""}`,
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
    build: (start) =>
      zipDataset(
        parents.map((parent) => parent.build(start)),
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
    build: buildSkipping(
      (start) => {
        const [a, b] = [first.spec(), second.spec()];
        if (!a.form.equals(b.form) || a.types.join() !== b.types.join())
          throw new TypeError(
            `Cannot concatenate datasets: expected elements of one form and of types ${a.types.join(", ")}, got ${b.types.join(", ")}`,
          );
        return concatenateDataset(first.build(start), second.build(start), a.types);
      },
      () => first.spec().types,
    ),
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
