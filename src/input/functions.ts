/** Steps that run a function of yours in TensorFlow: map, filter, interleave. */
import {
  dataDevice,
  execute,
  filterDataset,
  interleaveDataset,
  mapDataset,
  recordFunction,
  tf,
  TreeForm,
  unrecorded,
  type Interleaving,
  type ParallelCalls,
  type RecordedFunction,
} from "../tensorflow";
import { notingDecodings, type Decoding } from "./decoding";
import {
  allPlans,
  buildSkipping,
  firstElement,
  Held,
  knownFiles,
  releaseAll,
  stepFrom,
  type ElementSpec,
  type Plan,
  type RecordFiles,
} from "./plan";
import { RecordError } from "./recorderror";

interface Mapped<U> {
  readonly fn: RecordedFunction;
  readonly spec: ElementSpec<U>;
}

/** The results of a function. See Dataset.map(). */
export function mapPlan<T, U>(parent: Plan<T>, fn: (element: T) => U, options: ParallelCalls): Plan<U> {
  const decodings: Decoding[] = [];
  const held = new Held<Mapped<U>>();
  const mapped = (): Mapped<U> =>
    held.get(() => {
      const { form } = parent.spec();
      let result: TreeForm<U> | undefined;
      const recorded = recordOnExample(parent, "map", (...leaves) => {
        const output = TreeForm.of(
          notingDecodings(decodings, () => fn(form.build(leaves))),
          "the output of map()'s function",
        );
        result = output.form;
        return output.leaves;
      });
      if (result === undefined) throw new TypeError("Cannot map: expected the function to run, got nothing");
      const spec = { form: result, types: recorded.outputTypes };
      return { value: { fn: recorded, spec }, free: () => recorded.dispose() };
    });
  const plan: Plan<U> = {
    name: "map",
    parents: [parent],
    spec: () => mapped().spec,
    build: (start) => mapDataset(parent.build(start), live(mapped().fn, "map"), options),
    example: () => applyToExample(parent, mapped().fn),
    release: () => held.release(),
    recordFiles: () => parent.recordFiles(),
    strings: [],
    detail: () => mapped().spec.types.join(", "),
    digest: () => mapped().fn.digest(),
    size: () => parent.size?.(),
    isUnordered: () => !options.deterministic,
    decodings: () => decodings,
    after: (change) => mapPlan(change(parent), fn, options),
  };
  held.releaseWith(plan);
  return plan;
}

/** The elements for which a function gives true. See Dataset.filter(). */
export function filterPlan<T>(parent: Plan<T>, predicate: (element: T) => tf.Tensor): Plan<T> {
  const decodings: Decoding[] = [];
  const held = new Held<RecordedFunction>();
  const recorded = (): RecordedFunction =>
    held.get(() => {
      const { form } = parent.spec();
      const fn = recordOnExample(parent, "filter", (...leaves) => {
        const output = notingDecodings(decodings, () => predicate(form.build(leaves)));
        if (output instanceof tf.Tensor && output.dtype === "bool" && output.rank === 0) return [output];
        const got =
          output instanceof tf.Tensor ? `${output.dtype}[${output.shape.join(",")}]` : typeof output;
        throw new TypeError(`Cannot filter: expected the function to give a bool scalar, got ${got}`);
      });
      return { value: fn, free: () => fn.dispose() };
    });
  const plan: Plan<T> = {
    ...stepFrom(parent, "filter"),
    build: buildSkipping(
      (start) => filterDataset(parent.build(start), parent.spec().types, live(recorded(), "filter")),
      () => parent.spec().types,
    ),
    digest: () => recorded().digest(),
    release: () => held.release(),
    decodings: () => decodings,
  };
  held.releaseWith(plan);
  return plan;
}

interface Interleaved<U> {
  readonly fn: RecordedFunction;
  readonly spec: ElementSpec<U>;
  readonly files: RecordFiles;
  /** Datasets made inside the function, whose own functions must live as long. */
  readonly inner: readonly Plan<U>[];
}

/** The elements of the datasets that a function gives, in turns. See Dataset.interleave(). */
export function interleavePlan<T, U>(
  parent: Plan<T>,
  fn: (element: T) => Plan<U>,
  turns: Interleaving,
): Plan<U> {
  const held = new Held<Interleaved<U>>();
  const interleaved = (): Interleaved<U> => held.get(() => recordInterleave(parent, fn));
  const core = {
    name: "interleave",
    spec: () => interleaved().spec,
    build: buildSkipping(
      (start) => {
        const { fn: recorded, spec } = interleaved();
        return interleaveDataset(parent.build(start), spec.types, live(recorded, "interleave"), turns);
      },
      () => interleaved().spec.types,
    ),
  };
  const plan: Plan<U> = {
    ...core,
    parents: [parent],
    example: () => firstElement(core),
    release: () => held.release(),
    recordFiles: () => {
      const files = held.peek()?.files ?? "unknown";
      return files === "unknown" ? parent.strings : files;
    },
    strings: [],
    detail: () => `${turns.cycleLength}, ${turns.blockLength}`,
    digest: () => interleaved().fn.digest(),
    decodings: () =>
      interleaved()
        .inner.flatMap(allPlans)
        .flatMap((one) => one.decodings?.() ?? []),
    isUnordered: () => !turns.deterministic || interleaved().inner.some(drawsOrLoose),
  };
  held.releaseWith(plan);
  return plan;
}

/** Whether a dataset inside of interleave()'s function draws, which it does in the order in which those are begun. */
function drawsOrLoose(plan: Plan<unknown>): boolean {
  return plan.chance !== undefined || plan.isUnordered?.() === true || plan.parents.some(drawsOrLoose);
}

function recordInterleave<T, U>(
  parent: Plan<T>,
  fn: (element: T) => Plan<U>,
): { value: Interleaved<U>; free: () => void } {
  const { form } = parent.spec();
  const inner: Plan<U>[] = [];
  const recorded = recordOnExample(parent, "interleave", (...leaves) => {
    const plan = fn(form.build(leaves));
    inner.push(plan);
    plan.spec(); // recorded here, where the example's values are at hand
    return [plan.build()];
  });
  const last = inner[inner.length - 1];
  if (last === undefined) throw new TypeError("Cannot interleave: expected the function to run, got nothing");
  return {
    value: { fn: recorded, spec: last.spec(), files: last.recordFiles(), inner },
    free: () => {
      recorded.dispose();
      inner.forEach(releaseAll);
    },
  };
}

function recordOnExample(
  parent: Plan<unknown>,
  name: string,
  fn: (...leaves: tf.Tensor[]) => tf.Tensor[],
): RecordedFunction {
  for (;;)
    try {
      return recordOnce(parent, name, fn);
    } catch (error) {
      if (!(error instanceof RecordError) || parent.bad === undefined) throw error;
      parent.bad.add(error, { files: knownFiles(parent), good: 0 }); // the next example is another
    }
}

function recordOnce(
  parent: Plan<unknown>,
  name: string,
  fn: (...leaves: tf.Tensor[]) => tf.Tensor[],
): RecordedFunction {
  const example = parent.example();
  try {
    const recorded = recordFunction(fn, example, name, { twice: name !== "interleave" }); // interleave makes datasets, others each time
    const [assigned] = recorded.assigned;
    if (assigned === undefined) return recorded;
    recorded.dispose();
    throw new TypeError(
      `Cannot ${name}: expected a function that assigns no variables, got one that assigns "${assigned.name}"`,
    );
  } finally {
    tf.dispose(example);
  }
}

function applyToExample(parent: Plan<unknown>, fn: RecordedFunction): tf.Tensor[] {
  const example = parent.example();
  const inputs = [...example, ...live(fn, "map").captures];
  try {
    // Unrecorded: inside interleave()'s function the example is no part of what is recorded.
    return unrecorded(() => execute(fn.name, inputs, {}, fn.outputTypes.length, dataDevice()).map(tf.keep));
  } finally {
    tf.dispose(example);
  }
}

/** The function, if all that it closes over lives. */
function live(fn: RecordedFunction, name: string): RecordedFunction {
  const dead = fn.captures.find((capture) => capture.isDisposed);
  if (dead === undefined) return fn;
  throw new Error(
    `Cannot ${name}: expected what the function closes over to live, got a disposed tensor [${dead.shape.join(",")}]`,
  );
}
