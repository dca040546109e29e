/** How a dataset is made: a description, from which TensorFlow's dataset is built for each iteration. */
import {
  createIterator,
  nextElementSync,
  skipDataset,
  tf,
  TensorFlowError,
  unrecorded,
  type DataType,
  type TreeForm,
} from "../tensorflow";
import type { BadRecords } from "./badrecords";
import type { Decoding } from "./decoding";
import type { Chance, Draws } from "./draws";

/** The form of a dataset's elements, and the TensorFlow types of their tensors. */
export interface ElementSpec<T> {
  readonly form: TreeForm<T>;
  readonly types: readonly DataType[];
}

/** Where a plan's dataset begins, and what it draws. */
export interface Start {
  /** Elements left out. */
  readonly skip: number;
  readonly draws: Draws;
  /** Whether a cache takes down what is read: then nothing is prefetched for it, see prefetchPlan(). */
  readonly isForCache?: boolean;
}

/** How a dataset with elements T is made. */
export interface Plan<T> {
  /** What errors call the step, e.g. "map". */
  readonly name: string;
  /** The plans that this one is made from. */
  readonly parents: readonly Plan<unknown>[];
  /** The form of the elements; may record a function first. */
  spec(): ElementSpec<T>;
  /** TensorFlow's dataset, built anew; called inside tidy(). Without a start: from its beginning, for an example. */
  build(start?: Start): tf.Tensor;
  /** The tensors of one element, on which functions are recorded; the caller disposes. */
  example(): tf.Tensor[];
  /** Frees what the step alone holds in TensorFlow; it is made again when needed. */
  release(): void;
  /** The TFRecord files read, as far as they are known before reading. */
  recordFiles(): RecordFiles;
  /** The strings that are the elements, where they are known. */
  readonly strings: readonly string[];
  /** What the step does by numbers, e.g. "16" for batches of 16: another number, other elements. */
  detail?(): string;
  /** A digest of what makes its elements beside that: its function and what it closes over, or the values it is made of. */
  digest?(): string;
  /** What the step draws by, if it does. */
  readonly chance?: Chance;
  /** Whether its elements come in another order each time; no if absent. */
  isUnordered?(): boolean;
  /** How many elements there are, where that can be told without reading them; unknown if absent. */
  size?(): number | undefined;
  /** Whether the elements never end; if absent, as one of its parents'. */
  isEndless?(): boolean;
  /** What of its elements fills no whole batch, if that is left out and can be told; if absent, as its parent's. */
  leftOut?(): LeftOut | undefined;
  /** How the step's function decodes records, if it does. */
  decodings?(): readonly Decoding[];
  /** What it leaves out, if it is the step that leaves out records that can't be decoded. */
  readonly bad?: BadRecords;
  /** The same step after another parent of the same elements, if its function may decode records. */
  after?(change: <E>(parent: Plan<E>) => Plan<E>): Plan<T>;
  /** Whether an iteration fills a cache, which the next one reads; no if absent. */
  readonly fillsCache?: boolean;
  /** How often its parents are begun in one iteration; once if absent. */
  readonly times?: number;
}

/** Elements that are left out, since they do not fill a last batch. */
export interface LeftOut {
  readonly count: number;
  readonly batchSize: number;
}

/** Paths of TFRecord files; "unknown" where the path is a tensor. */
export type RecordFiles = readonly string[] | "unknown";

/** What every step of one parent has in common: examples, files and strings pass through. */
export function stepFrom<T>(
  parent: Plan<T>,
  name: string,
): Omit<Plan<T>, "build" | "after"> & { readonly parents: readonly [Plan<T>] } {
  return {
    name,
    parents: [parent],
    spec: () => parent.spec(),
    example: () => parent.example(),
    release: () => undefined,
    recordFiles: () => parent.recordFiles(),
    strings: parent.strings,
  };
}

/** The same start, but after other elements. */
export function startingAfter(skip: number, start: Start | undefined): Start | undefined {
  return start === undefined ? undefined : { ...start, skip };
}

/** A step whose first elements are left out by making them: for those that can't begin anywhere else. */
export function buildSkipping(
  build: (start: Start | undefined) => tf.Tensor,
  types: () => readonly DataType[],
): (start?: Start) => tf.Tensor {
  return (start) => {
    const handle = build(startingAfter(0, start));
    return start === undefined || start.skip === 0 ? handle : skipDataset(handle, types(), start.skip);
  };
}

/** A plan and all that it is made from. */
export function allPlans(plan: Plan<unknown>): Plan<unknown>[] {
  return [plan, ...plan.parents.flatMap(allPlans)];
}

/** The steps that draw, and how often each is begun in one iteration of the plan. */
export function chancesOf(plan: Plan<unknown>): Map<Chance, number> {
  const begun = new Map<Chance, number>();
  const visit = ({ chance, parents, times = 1 }: Plan<unknown>, before: number): void => {
    if (chance !== undefined) begun.set(chance, (begun.get(chance) ?? 0) + before);
    for (const parent of parents) visit(parent, before * times);
  };
  visit(plan, 1);
  return begun;
}

/** Whether a plan's elements never end. */
export function isEndless(plan: Plan<unknown>): boolean {
  return plan.isEndless?.() ?? plan.parents.some(isEndless);
}

/** What a plan leaves out, since it fills no whole batch; undefined if that is nothing, or can't be told. */
export function leftOutOf(plan: Plan<unknown>): LeftOut | undefined {
  if (plan.leftOut !== undefined) return plan.leftOut();
  const [parent] = plan.parents;
  return parent !== undefined && ["prefetch", "cache"].includes(plan.name) ? leftOutOf(parent) : undefined;
}

/** Frees what a plan and all that it is made from hold in TensorFlow. */
export function releaseAll(plan: Plan<unknown>): void {
  plan.release();
  plan.parents.forEach(releaseAll);
}

/** All TFRecord files that a plan is known to read. */
export function knownFiles(plan: Plan<unknown>): readonly string[] {
  const files = plan.recordFiles();
  return files === "unknown" ? [] : [...new Set(files)];
}

/**
 * The tensors of a plan's first element, read on the main thread; the caller disposes.
 * @throws {RangeError} if there is none
 */
export function firstElement(plan: Pick<Plan<unknown>, "name" | "spec" | "build">): tf.Tensor[] {
  const { types } = plan.spec();
  return unrecorded(() => {
    const iterator = tf.tidy(() => tf.keep(createIterator(plan.build(), types)));
    try {
      return nextElementSync(iterator, types).map(tf.keep);
    } catch (error) {
      if (error instanceof TensorFlowError && error.code === "OUT_OF_RANGE") throw emptyError(plan.name);
      throw error;
    } finally {
      iterator.dispose();
    }
  });
}

function emptyError(name: string): RangeError {
  return new RangeError(`Cannot take an example of dataset "${name}": expected an element, got none`);
}

/** A value that stands in TensorFlow: made when first asked for, freed by release() or with the plan that it was made for. */
export class Held<V> {
  private entry: { readonly value: V; readonly free: () => void } | undefined;

  /** The value, made by `make` if there is none. */
  get(make: () => { readonly value: V; readonly free: () => void }): V {
    this.entry ??= make();
    return this.entry.value;
  }

  /** The value, if there is one. */
  peek(): V | undefined {
    return this.entry?.value;
  }

  release(): void {
    const { entry } = this;
    this.entry = undefined;
    entry?.free();
  }

  /** Frees the value once `owner` is out of reach; `owner` must not be reachable from the value. */
  releaseWith(owner: object): void {
    unreachable.register(owner, this);
  }
}

const unreachable = new FinalizationRegistry<{ release(): void }>((held) => held.release());
