/** Steps that need no function: shuffle, repeat, batch, prefetch, … */
import {
  batchDataset,
  broadcastTo,
  cacheDataset,
  concatenateDataset,
  createMemoryCache,
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
  type DataType,
} from "../tensorflow";
import { Chance, type Draw } from "./draws";
import { createGenerator, seedsOf } from "./generator";
import { buildSkipping, chancesOf, Held, isEndless, startingAfter, stepFrom, type Plan, type RecordFiles, type Start } from "./plan"; // prettier-ignore

/** Each element drawn from the next `bufferSize`. See Dataset.shuffle(). */
export function shufflePlan<T>(
  parent: Plan<T>,
  bufferSize: number | "all",
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
      const seeds = seedsOf(start?.draws.of(chance) ?? { seed: chance.seed, nth: 0 });
      return shuffleDataset(
        parent.build(start),
        types(),
        bufferSize === "all" ? UNKNOWN_CARDINALITY : bufferSize,
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
    size: () => parent.size?.(),
  };
  held.releaseWith(plan);
  return plan;
}

const UNKNOWN_CARDINALITY = -2; // tf.data: a buffer that grows until the input ends

/** Elements remembered after the first time. See Dataset.cache(). */
export function cachePlan<T>(parent: Plan<T>, file: string): Plan<T> {
  const held = new Held<tf.Tensor>();
  const types = (): readonly DataType[] => parent.spec().types;
  const plan: Plan<T> = {
    ...stepFrom(parent, "cache"),
    build: buildSkipping((start) => {
      const memory = held.get(() => keptResource(createMemoryCache));
      // What it holds was drawn in the first iteration.
      const first =
        start === undefined ? undefined : { skip: 0, draws: start.draws.first(), isForCache: true };
      return cacheDataset(parent.build(first), types(), file, memory);
    }, types),
    release: () => held.release(),
    size: () => parent.size?.(),
    fillsCache: true,
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
  const all = buildSkipping((start) => repeatDataset(parent.build(start), types(), count), types);
  const build = (start?: Start): tf.Tensor => {
    const size = start === undefined || start.skip === 0 ? 0 : (parent.size?.() ?? 0);
    if (start === undefined || size === 0 || start.skip < size) return all(start);
    const done = Math.floor(start.skip / size);
    if (count >= 0 && done >= count) return all(start);
    // Whole repetitions are left out unread: what each would have drawn is known.
    for (const [chance, times] of chancesOf(parent)) start.draws.advance(chance, done * times);
    const first = parent.build(startingAfter(start.skip % size, start));
    const left = count < 0 ? -1 : count - done - 1;
    if (left === 0) return first;
    const rest = repeatDataset(parent.build(startingAfter(0, start)), types(), left);
    return concatenateDataset(first, rest, types());
  };
  return {
    ...stepFrom(parent, "repeat"),
    build,
    detail: () => String(count),
    times: count < 0 ? Infinity : count,
    isEndless: () => count < 0 || (count > 0 && isEndless(parent)),
    size: () => (count < 0 ? undefined : multiplied(parent.size?.(), count)),
  };
}

function multiplied(size: number | undefined, count: number): number | undefined {
  return size === undefined ? undefined : size * count;
}

/** The first `count` elements. */
export function takePlan<T>(parent: Plan<T>, count: number): Plan<T> {
  const build: Plan<T>["build"] = (start) =>
    takeDataset(parent.build(start), parent.spec().types, Math.max(0, count - (start?.skip ?? 0)));
  return {
    ...stepFrom(parent, "take"),
    build,
    detail: () => String(count),
    isEndless: () => false,
    size: () => {
      const size = isEndless(parent) ? count : parent.size?.();
      return size === undefined ? undefined : Math.min(size, count);
    },
  };
}

/** All but the first `count` elements. */
export function skipPlan<T>(parent: Plan<T>, count: number): Plan<T> {
  const build: Plan<T>["build"] = (start) => {
    const after = startingAfter(count + (start?.skip ?? 0), start);
    return after === undefined
      ? skipDataset(parent.build(), parent.spec().types, count)
      : parent.build(after);
  };
  return {
    ...stepFrom(parent, "skip"),
    build,
    detail: () => String(count),
    size: () => {
      const size = parent.size?.();
      return size === undefined ? undefined : Math.max(0, size - count);
    },
  };
}

/** Works ahead of who reads. */
export function prefetchPlan<T>(parent: Plan<T>, bufferSize: number): Plan<T> {
  const build: Plan<T>["build"] = (start) => {
    const before = parent.build(start);
    // TensorFlow's prefetching says that its input has ended where the iteration is left, and a cache would take that for its end.
    return start?.isForCache === true ? before : prefetchDataset(before, parent.spec().types, bufferSize);
  };
  return { ...stepFrom(parent, "prefetch"), build, size: () => parent.size?.() };
}

/** Every `count`-th element, from `index` on. */
export function shardPlan<T>(parent: Plan<T>, count: number, index: number): Plan<T> {
  const build: Plan<T>["build"] = (start) => {
    const before = startingAfter((start?.skip ?? 0) * count, start);
    return shardDataset(parent.build(before), parent.spec().types, count, index);
  };
  return {
    ...stepFrom(parent, "shard"),
    build,
    detail: () => String(count), // one position for all workers
    size: () => {
      const size = parent.size?.();
      return size === undefined ? undefined : Math.max(0, Math.ceil((size - index) / count));
    },
  };
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
    size: () => {
      const size = parent.size?.();
      const batches = (size ?? 0) / options.size;
      return size === undefined
        ? undefined
        : options.dropRemainder
          ? Math.floor(batches)
          : Math.ceil(batches);
    },
    leftOut: () => {
      const count = options.dropRemainder ? (parent.size?.() ?? 0) % options.size : 0;
      return count === 0 ? undefined : { count, batchSize: options.size };
    },
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
    isEndless: () => parents.every(isEndless),
    size: () => {
      const sizes = parents.filter((parent) => !isEndless(parent)).map((parent) => parent.size?.());
      const known = sizes.filter((size) => size !== undefined);
      return sizes.length === 0 || known.length < sizes.length ? undefined : Math.min(...known);
    },
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
    size: () => {
      const [one, other] = [first.size?.(), second.size?.()];
      return one === undefined || other === undefined ? undefined : one + other;
    },
  };
}

function allFiles(parents: readonly Plan<unknown>[]): RecordFiles {
  return parents.flatMap((parent) => {
    const files = parent.recordFiles();
    return files === "unknown" ? [] : files;
  });
}
