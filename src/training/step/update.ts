/** What a step does with the model, as functions to compile. */
import { ALONE, averaged, type Cluster } from "../../distribute";
import type { ClassLabels } from "../../model/losses";
import type { Model } from "../../model/model";
import type { ModelVariable } from "../../model/variables";
import { shielded } from "../../interrupt";
import { tf, trace, type Signature, type Traced, type TraceOptions } from "../../tensorflow";
import { gradientTransform, normOf } from "../optimizers/gradients";
import type { Averages } from "./averages";
import { checked, zeroOf } from "./numerics";
import type { OptimizerState, VariableGradient } from "../optimizers/optimizer";
import type { Fed, Feed } from "./feed";
import { callsOf, type TrainStepOptions } from "./options";
import { differentiate, type Pass } from "./pass";
import type { Gathered } from "../saver/restore";
import { trainedNames } from "../../model/scopes";
import { shared, type SharedPass } from "./share";
import { slotsOf } from "../optimizers/slots";

/** What a step is called with. */
export type UpdateArguments = [
  images: tf.Tensor4D,
  labels: ClassLabels,
  stepSeed: tf.Tensor1D,
  /** What Feed gives: float32 [numbers] */
  numbers: tf.Tensor1D,
];

/** What an update gives. */
export interface Updated {
  /** What metricsOf() gives; then the norms of the gradients, if asked for. */
  readonly metrics: tf.Tensor1D;
  /** As applied. */
  readonly gradients: readonly VariableGradient[];
}

/** The endpoint at which a step begins, whose activation it is then given in place of images; undefined: with the images. */
export type From = string | undefined;

/** The parts of a step. The caller calls them inside tidy() or traces them. */
export interface Updates {
  /** Forward and backward; changes nothing. */
  look(from: From, images: tf.Tensor4D, labels: ClassLabels, stepSeed: tf.Tensor1D): Pass;
  /** Changes the model. */
  update(this: void, from: From, ...args: UpdateArguments): Updated;
  /** Adds the batch's gradients to those for the next update. @returns what metricsOf() does */
  gather(this: void, from: From, ...args: UpdateArguments): tf.Tensor1D;
  /** Makes the sums that wait the means of those of all processes. @returns how many there are */
  share(this: void): tf.Scalar;
  /** What gather() adds to; none if each call makes an update. */
  readonly gathered: Gathered | undefined;
  dispose(): void;
}

/** What updates are made with. */
export interface UpdateParts {
  readonly state: OptimizerState;
  readonly feed: Feed;
  readonly averages: Averages | undefined;
}

/** The parts of a step by its options. */
export function updatesOf(
  model: Model,
  trained: readonly ModelVariable[],
  { state, feed, averages }: UpdateParts,
  options: TrainStepOptions,
): Updates {
  const { updateOps = true, checkNumerics = false, gradientNorms = false, cluster = ALONE } = options;
  const [calls, names] = [callsOf(options), trained.map(({ name }) => name)];
  const look = lookOf(model, trained, options);
  const transform = gradientTransform(names, options);
  const decaying = options.weightDecay === "decoupled" ? trained : [];
  const sums = calls > 1 ? slotsOf(trained, ["Accumulated"]) : undefined;
  const assign = (values: SharedPass["updates"]): void => {
    if (updateOps) for (const { variable, value } of values) variable.assign(value);
  };
  return {
    look,
    update: (from, images, labels, seed, numbers) => {
      const own = look(from, images, labels, seed);
      const mean = own.gradients.map(({ variable, gradient }): VariableGradient => {
        const [sum] = sums?.of(variable) ?? [];
        return { variable, gradient: sum === undefined ? gradient : sum.add(gradient).div(calls) };
      });
      const pass = shared(cluster, own, mean);
      const checks = checkNumerics ? [checked(zeroOf(pass))] : [];
      assign(pass.updates);
      for (const sum of Object.values(sums?.named ?? {})) sum.assign(tf.zerosLike(sum));
      const gradients = transform(pass.gradients);
      const norms = gradientNorms ? gradients.map(({ gradient }) => normOf(gradient)) : [];
      const moving = updateOps ? pass.updates : [];
      change({ state, averages }, { gradients, decaying, trained, moving }, feed.scalars(numbers));
      return { metrics: metricsOf(pass, [...norms, ...checks]), gradients };
    },
    gather: (from, images, labels, seed) => {
      const pass = look(from, images, labels, seed);
      const own = metricsOf(pass, checkNumerics ? [zeroOf(pass)] : []);
      const [mean = own] = averaged(cluster, [own], "gather");
      const metrics = checkNumerics ? checked(mean) : mean;
      assign(pass.predictions.updates);
      for (const { variable, gradient } of pass.gradients) {
        const [sum] = sums?.of(variable) ?? [];
        sum?.assign(sum.add(gradient));
      }
      return metrics.as1D();
    },
    share: () => shareSums(cluster, Object.values(sums?.named ?? {})),
    gathered: sums && { count: 0, calls, isShared: false, sums: sums.named },
    dispose: () => sums?.dispose(),
  };
}

function shareSums(cluster: Cluster, sums: readonly tf.Variable[]): tf.Scalar {
  averaged(cluster, sums, "share").forEach((mean, i) => sums[i]?.assign(mean));
  return tf.scalar(sums.length);
}

function lookOf(model: Model, trained: readonly ModelVariable[], options: TrainStepOptions): Updates["look"] {
  const { weightDecay = "regularizer" } = options;
  const isTrained = trainedNames(model, options);
  const isRegularized = weightDecay === "regularizer";
  return (from, images, labels, seed) =>
    differentiate(model, [images, labels], { trained, isTrained, seed, isRegularized, from });
}

/** The tensors that a part gives, which belong to the caller. */
export type PartResult = {
  readonly metrics: tf.Tensor1D;
  /** As applied, by the names of the variables; none but of the part "inspectedUpdate". */
  readonly gradients: Readonly<Record<string, tf.Tensor>>;
};

/** The parts of a step that change the model, to run. */
export interface UpdateRunner {
  run(part: Part, from: From, args: UpdateArguments): Promise<PartResult>;
  /** Makes the sums that wait the means of those of all processes. */
  share(): Promise<void>;
  /** The recordings of all; none if eager. */
  signatures(): Signature[];
  /** The latest recording of the update, with gradients if there is no other, as a GraphDef; throws if there is none. */
  graph(): Uint8Array;
  dispose(): void;
}

type Part = "update" | "inspectedUpdate" | "gather";
type Parts = Readonly<Record<Part, (...args: UpdateArguments) => PartResult>>;

/** How parts are compiled. */
export type Compiling = Required<Pick<TraceOptions, "precision" | "recompute">>;

/** The parts compiled, or operation by operation if eager. */
export function runnerOf(updates: Updates, eager: boolean, compiling: Compiling): UpdateRunner {
  const compile = (from: From): ReturnType<typeof compiledOf> =>
    compiledOf(partsOf(updates, from), compiling);
  const whole = compile(undefined);
  const begun = new Map<From, ReturnType<typeof compiledOf>>([[undefined, whole]]);
  const all = (): readonly Traced<UpdateArguments, PartResult>[] =>
    [...begun.values()].flatMap((parts) => Object.values(parts));
  const sharing = trace(updates.share, { name: "shareGradients" });
  let isDisposed = false;
  return {
    share: async () => (await sharing()).dispose(),
    run: async (part, from, args) => {
      if (isDisposed) throw new Error("Cannot train: expected a step that lives, got a disposed one");
      if (eager) return shielded(() => tf.tidy(() => partsOf(updates, from)[part](...args)));
      const compiled = begun.get(from) ?? compile(from);
      begun.set(from, compiled);
      return compiled[part](...args);
    },
    signatures: () => all().flatMap((one) => one.signatures()),
    graph: () => {
      const recorded = [...begun.values()].flatMap(({ update, inspectedUpdate }) => [
        update,
        inspectedUpdate,
      ]);
      return (recorded.find((one) => one.signatures().length > 0) ?? whole.inspectedUpdate).graph();
    },
    dispose: () => {
      isDisposed = true;
      for (const one of [...all(), sharing]) one.dispose();
    },
  };
}

function partsOf(updates: Updates, from: From): Parts {
  return {
    update: (...args) => ({ metrics: updates.update(from, ...args).metrics, gradients: {} }),
    inspectedUpdate: (...args) => {
      const { metrics, gradients } = updates.update(from, ...args);
      const named = gradients.map(({ variable, gradient }) => [variable.name, gradient] as const);
      return { metrics, gradients: Object.fromEntries(named) };
    },
    gather: (...args) => ({ metrics: updates.gather(from, ...args), gradients: {} }),
  };
}

function compiledOf(
  parts: Parts,
  compiling: Compiling,
): Readonly<Record<Part, Traced<UpdateArguments, PartResult>>> {
  return {
    update: trace(parts.update, { name: "trainStep", ...compiling }),
    inspectedUpdate: trace(parts.inspectedUpdate, { name: "inspectedTrainStep", ...compiling }),
    gather: trace(parts.gather, { name: "gatherGradients", ...compiling }),
  };
}

/** Loss, cross-entropy, accuracy and what else there is, as one tensor, so that one read brings all. */
export function metricsOf(
  { loss, crossEntropy, accuracy }: Pick<Pass, "loss" | "crossEntropy" | "accuracy">,
  more: readonly tf.Tensor[] = [],
): tf.Tensor1D {
  return tf.stack([loss, crossEntropy, accuracy, ...more]).as1D();
}

/** What readMetrics() reads. */
export interface Metrics {
  readonly loss: number;
  readonly crossEntropy: number;
  readonly accuracy: number;
  /** By variable, if there are any. */
  readonly norms: { readonly gradientNorms?: Readonly<Record<string, number>> };
}

/** What metricsOf() gave as numbers, and the norms behind them of the gradients of `variables`; disposes the tensor. */
export async function readMetrics(
  metrics: tf.Tensor1D,
  variables: readonly ModelVariable[] = [],
): Promise<Metrics> {
  try {
    const [loss = NaN, crossEntropy = NaN, accuracy = NaN, ...values] = await metrics.data();
    const norms = Object.fromEntries(variables.map(({ name }, i) => [name, values[i] ?? NaN]));
    return { loss, crossEntropy, accuracy, norms: variables.length > 0 ? { gradientNorms: norms } : {} };
  } finally {
    metrics.dispose();
  }
}

/** The variables, some of which decay by themselves before the optimizer changes them all; then their averages. */
function change(
  { state, averages }: Pick<UpdateParts, "state" | "averages">,
  what: {
    readonly gradients: readonly VariableGradient[];
    readonly decaying: readonly ModelVariable[];
    readonly trained: readonly ModelVariable[];
    readonly moving: SharedPass["updates"];
  },
  { rateOf, rated, learningRate, momentum, averageDecay }: Fed,
): void {
  for (const one of what.decaying) {
    const { variable, weightDecay } = one;
    if (weightDecay > 0) variable.assign(variable.sub(variable.mul(rateOf(one).mul(weightDecay))));
  }
  state.apply(rated(what.gradients), learningRate, momentum);
  const changed = [...what.moving, ...what.trained].map(({ variable }) => variable);
  if (averageDecay !== undefined) averages?.follow(changed, averageDecay);
}
