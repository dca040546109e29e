/** Datasets made from what is at hand: tensors, strings, numbers, files. */
import {
  constant,
  dataType,
  digestOfTensors,
  randomDataset,
  rangeDataset,
  tensorSliceDataset,
  tf,
  tfRecordDataset,
  TreeForm,
} from "../tensorflow";
import { Chance } from "./draws";
import { createGenerator, seedsOf } from "./generator";
import { buildSkipping, firstElement, type Plan, type RecordFiles } from "./plan";

interface Extras {
  readonly files?: RecordFiles;
  readonly strings?: readonly string[];
  readonly detail?: string;
  readonly digest?: () => string;
  readonly size?: number | undefined;
}

function sourcePlan<T>(core: Pick<Plan<T>, "name" | "spec" | "build">, extras: Extras = {}): Plan<T> {
  const { files = [], strings = [], detail = "", digest = () => "", size } = extras;
  return {
    ...core,
    build: buildSkipping(
      () => core.build(),
      () => core.spec().types,
    ),
    parents: [],
    example: () => firstElement(core),
    release: () => undefined,
    recordFiles: () => files,
    strings,
    detail: () => detail,
    digest,
    size: () => size,
  };
}

/** The slices of the tensors of a tree. See Dataset.fromTensorSlices(). */
export function slicesPlan<T>(tree: T): Plan<T> {
  const { form, leaves } = TreeForm.of(tree, "the tensors of fromTensorSlices()");
  const [first] = leaves;
  if (first === undefined) throw new TypeError("Cannot slice tensors: expected at least one, got none");
  for (const { shape } of leaves) {
    if (shape[0] !== undefined && shape[0] === first.shape[0]) continue;
    const shapes = leaves.map((leaf) => `[${leaf.shape.join(", ")}]`).join(" and ");
    throw new TypeError(`Cannot slice tensors: expected one first dimension in all, got shapes ${shapes}`);
  }
  expectLive(leaves);
  const types = leaves.map(dataType);
  const build = (): tf.Tensor => {
    expectLive(leaves);
    return tensorSliceDataset(leaves);
  };
  const detail = leaves.map(({ shape }, i) => `${types[i] ?? ""}[${shape.join(",")}]`).join(", ");
  const [size] = first.shape;
  const digest = (): string => digestOfTensors(leaves);
  return sourcePlan(
    { name: "fromTensorSlices", spec: () => ({ form, types }), build },
    { detail, digest, size },
  );
}

function expectLive(leaves: readonly tf.Tensor[]): void {
  if (leaves.some((leaf) => leaf.isDisposed))
    throw new Error("Cannot slice tensors: expected them to live as long as the dataset, got a disposed one");
}

/** Strings, one an element. */
export function stringsPlan(strings: readonly string[]): Plan<tf.Scalar> {
  const spec = { form: TreeForm.tensor<tf.Scalar>(), types: ["string"] } as const;
  const build = (): tf.Tensor => tensorSliceDataset([constant(strings, [strings.length], "string")]);
  const detail = `${strings.length} strings`;
  const extras = { strings, detail, size: strings.length };
  return sourcePlan({ name: "fromTensorSlices", spec: () => spec, build }, extras);
}

/** Whole numbers, as int32 scalars. */
export function rangePlan(start: number, stop: number, step: number): Plan<tf.Scalar> {
  if (![start, stop, step].every(Number.isInteger) || step === 0)
    throw new RangeError(
      `Cannot count: expected whole numbers, the step not 0, got ${start}, ${stop}, ${step}`,
    );
  const spec = { form: TreeForm.tensor<tf.Scalar>(), types: ["int32"] } as const;
  const build: Plan<tf.Scalar>["build"] = (from) =>
    rangeDataset(start + (from?.skip ?? 0) * step, stop, step);
  const size = Math.max(0, Math.ceil((stop - start) / step));
  const extras = { detail: `${start}, ${stop}, ${step}`, size };
  return { ...sourcePlan({ name: "range", spec: () => spec, build }, extras), build };
}

/** Random int64 scalars without end, others each time that it is begun. @param seed undefined: drawn */
export function randomPlan(seed: number | undefined): Plan<tf.Scalar> {
  const chance = new Chance(seed);
  const spec = { form: TreeForm.tensor<tf.Scalar>(), types: ["int64"] } as const;
  const build = buildSkipping(
    (start) => {
      if (start === undefined) return tensorSliceDataset([constant([0], [1], "int64")]); // for an example
      const generator = start.draws.generator(chance, (draw) => createGenerator(draw, true));
      return randomDataset(seedsOf(start.draws.of(chance)), generator);
    },
    () => spec.types,
  );
  const plan = sourcePlan({ name: "random", spec: () => spec, build });
  return { ...plan, build, chance, isEndless: () => true, release: () => chance.reset() };
}

/** The records of TFRecord files, as string scalars. */
export function recordsPlan(
  paths: readonly string[] | tf.Tensor,
  compressionType: string,
  bufferSize: number,
): Plan<tf.Scalar> {
  const spec = { form: TreeForm.tensor<tf.Scalar>(), types: ["string"] } as const;
  const build = (): tf.Tensor => {
    const files = paths instanceof tf.Tensor ? paths : constant(paths, [paths.length], "string");
    return tfRecordDataset(files, compressionType, bufferSize);
  };
  const files = paths instanceof tf.Tensor ? "unknown" : paths;
  return sourcePlan({ name: "TFRecordDataset", spec: () => spec, build }, { files });
}
