/** What a step does with the model, as functions to compile. */
import { ALONE, averaged, type Cluster } from "../distribute";
import type { Model } from "../model/model";
import type { ModelVariable } from "../model/variables";
import { shielded } from "../interrupt";
import { tf, trace, type Signature } from "../tensorflow";
import { gradientTransform, normOf } from "./gradients";
import { checked, zeroOf } from "./numerics";
import type { OptimizerState, VariableGradient } from "./optimizer";
import { callsOf, type TrainStepOptions } from "./options";
import { differentiate, type Pass } from "./pass";
import type { Gathered } from "./restore";
import { trainedNames } from "./scopes";
import { shared, type SharedPass } from "./share";
import { slotsOf } from "./slots";

/** What a step is called with. */
export type UpdateArguments = [
  images: tf.Tensor4D,
  labels: tf.Tensor1D,
  stepSeed: tf.Tensor1D,
  learningRate: tf.Scalar,
];

/** What an update gives. */
export interface Updated {
  /** What metricsOf() gives; then the norms of the gradients, if asked for. */
  readonly metrics: tf.Tensor1D;
  /** As applied. */
  readonly gradients: readonly VariableGradient[];
}

/** The parts of a step. The caller calls them inside tidy() or traces them. */
export interface Updates {
  /** Forward and backward; changes nothing. */
  look(images: tf.Tensor4D, labels: tf.Tensor1D, stepSeed: tf.Tensor1D): Pass;
  /** Changes the model. */
  update(this: void, ...args: UpdateArguments): Updated;
  /** Adds the batch's gradients to those for the next update. @returns what metricsOf() does */
  gather(this: void, ...args: UpdateArguments): tf.Tensor1D;
  /** Makes the sums that wait the means of those of all processes. @returns how many there are */
  share(this: void): tf.Scalar;
  /** What gather() adds to; none if each call makes an update. */
  readonly gathered: Gathered | undefined;
  dispose(): void;
}

/** The parts of a step by its options. */
export function updatesOf(
  model: Model,
  trained: readonly ModelVariable[],
  state: OptimizerState,
  options: TrainStepOptions,
): Updates {
  const { updateOps = true, checkNumerics = false, gradientNorms = false } = options;
  const { weightDecay, cluster = ALONE } = options;
  const [calls, names] = [callsOf(options), trained.map(({ name }) => name)];
  const look = lookOf(model, trained, options);
  const transform = gradientTransform(names, options);
  const sums = calls > 1 ? slotsOf(trained, ["Accumulated"]) : undefined;

  const assign = (values: SharedPass["updates"]): void => {
    if (updateOps) for (const { variable, value } of values) variable.assign(value);
  };
  return {
    look,
    update: (images, labels, seed, learningRate) => {
      const own = look(images, labels, seed);
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
      if (weightDecay === "decoupled") decay(trained, learningRate);
      state.apply(gradients, learningRate);
      return { metrics: metricsOf(pass, [...norms, ...checks]), gradients };
    },
    gather: (images, labels, seed) => {
      const pass = look(images, labels, seed);
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
  return (images, labels, seed) =>
    differentiate(model, [images, labels], { trained, isTrained, seed, isRegularized });
}

/** The tensors that a part gives, which belong to the caller. */
export type PartResult = {
  readonly metrics: tf.Tensor1D;
  /** As applied, by the names of the variables; none but of the part "inspectedUpdate". */
  readonly gradients: Readonly<Record<string, tf.Tensor>>;
};

/** The parts of a step that change the model, to run. */
export interface UpdateRunner {
  run(part: "update" | "inspectedUpdate" | "gather", args: UpdateArguments): Promise<PartResult>;
  /** Makes the sums that wait the means of those of all processes. */
  share(): Promise<void>;
  /** The recordings of all; none if eager. */
  signatures(): Signature[];
  /** The latest recording of the update, with gradients if there is no other, as a GraphDef; throws if there is none. */
  graph(): Uint8Array;
  dispose(): void;
}

/** The parts compiled, or operation by operation if eager. */
export function runnerOf(updates: Updates, eager: boolean): UpdateRunner {
  const parts = {
    update: (...args: UpdateArguments): PartResult => ({
      metrics: updates.update(...args).metrics,
      gradients: {},
    }),
    inspectedUpdate: (...args: UpdateArguments): PartResult => {
      const { metrics, gradients } = updates.update(...args);
      const named = gradients.map(({ variable, gradient }) => [variable.name, gradient] as const);
      return { metrics, gradients: Object.fromEntries(named) };
    },
    gather: (...args: UpdateArguments): PartResult => ({ metrics: updates.gather(...args), gradients: {} }),
  };
  const compiled = {
    update: trace(parts.update, { name: "trainStep" }),
    inspectedUpdate: trace(parts.inspectedUpdate, { name: "inspectedTrainStep" }),
    gather: trace(parts.gather, { name: "gatherGradients" }),
  };
  const sharing = trace(updates.share, { name: "shareGradients" });
  let isDisposed = false;
  return {
    share: async () => (await sharing()).dispose(),
    run: async (part, args) => {
      if (isDisposed) throw new Error("Cannot train: expected a step that lives, got a disposed one");
      return eager ? shielded(() => tf.tidy(() => parts[part](...args))) : compiled[part](...args);
    },
    signatures: () => Object.values(compiled).flatMap((one) => one.signatures()),
    graph: () =>
      (compiled.update.signatures().length > 0 ? compiled.update : compiled.inspectedUpdate).graph(),
    dispose: () => {
      isDisposed = true;
      for (const one of [...Object.values(compiled), sharing]) one.dispose();
    },
  };
}

/** Loss, cross-entropy, accuracy and what else there is, as one tensor, so that one read brings all. */
export function metricsOf(
  { loss, crossEntropy, accuracy }: Pick<Pass, "loss" | "crossEntropy" | "accuracy">,
  more: readonly tf.Tensor[] = [],
): tf.Tensor1D {
  return tf.stack([loss, crossEntropy, accuracy, ...more]).as1D();
}

function decay(trained: readonly ModelVariable[], learningRate: tf.Scalar): void {
  for (const { variable, weightDecay } of trained)
    if (weightDecay > 0) variable.assign(variable.sub(variable.mul(learningRate.mul(weightDecay))));
}
