/** Datasets made from what is at hand: tensors, strings, numbers, files. */
import {
  constant,
  dataType,
  rangeDataset,
  repeatDataset,
  tensorSliceDataset,
  tf,
  tfRecordDataset,
  TreeForm,
} from "../tensorflow";
import { Chance } from "./draws";
import { buildSkipping, firstElement, type Plan, type RecordFiles } from "./plan";

interface Extras {
  readonly files?: RecordFiles;
  readonly strings?: readonly string[];
  readonly detail?: string;
}

function sourcePlan<T>(core: Pick<Plan<T>, "name" | "spec" | "build">, extras: Extras = {}): Plan<T> {
  const { files = [], strings = [], detail = "" } = extras;
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
  return sourcePlan({ name: "fromTensorSlices", spec: () => ({ form, types }), build }, { detail });
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
  return sourcePlan({ name: "fromTensorSlices", spec: () => spec, build }, { strings, detail });
}

/** Whole numbers, as int32 scalars. */
export function rangePlan(start: number, stop: number, step: number): Plan<tf.Scalar> {
  if (![start, stop, step].every(Number.isInteger) || step === 0)
    throw new RangeError(
      `Cannot count: expected whole numbers, the step not 0, got ${start}, ${stop}, ${step}`,
    );
  const spec = { form: TreeForm.tensor<tf.Scalar>(), types: ["int32"] } as const;
  const build = (): tf.Tensor => rangeDataset(start, stop, step);
  return sourcePlan({ name: "range", spec: () => spec, build }, { detail: `${start}, ${stop}, ${step}` });
}

/** One int32 scalar without end, the seed of what functions draw; part of where an iteration is. @param seed undefined: drawn */
export function seedPlan(seed: number | undefined): Plan<tf.Scalar> {
  const chance = new Chance(seed);
  const spec = { form: TreeForm.tensor<tf.Scalar>(), types: ["int32"] } as const;
  const build: Plan<tf.Scalar>["build"] = (start) =>
    tf.tidy(() => {
      const own = start?.draws.of(chance).seed ?? chance.seed;
      return repeatDataset(tensorSliceDataset([tf.tensor1d([own], "int32")]), spec.types, -1);
    });
  return { ...sourcePlan({ name: "seed", spec: () => spec, build }), build, chance };
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
