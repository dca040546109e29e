/** What a model function made, by mode, until the estimator is disposed. */
import { createPredictInputFn, type MakeReceiver } from "../export";
import type { Model } from "../model";
import { tf, trace, type Hyperparameter, type Traced } from "../tensorflow";
import type { TrainStep } from "../training";
import { plainOf } from "../training/optimizers/description";
import type { ResolvedRunConfig } from "./config";
import { partsOf } from "./features";
import {
  ModeKeys,
  type EstimatorSpec,
  type Features,
  type InputElement,
  type Mode,
  type ModelFn,
} from "./spec";

/** Compiled predictions. */
export type Predictor = Traced<[features: Features], Readonly<Record<string, tf.Tensor>>>;

/** The specs of an estimator. */
export class Cells<P> {
  private readonly specs = new Map<Mode, EstimatorSpec>();
  private predictions: Predictor | undefined;

  constructor(
    private readonly modelFn: ModelFn<P>,
    private readonly params: P,
    private readonly config: ResolvedRunConfig,
  ) {}

  /** The spec of a mode; made of the element, the first of the input, if there is none yet. */
  of(mode: Mode, element: InputElement): EstimatorSpec {
    const known = this.specs.get(mode);
    if (known !== undefined) return known;
    const { features, labels } = partsOf(element);
    const given = mode === ModeKeys.PREDICT ? undefined : labels;
    const spec = this.modelFn(features, given, mode, this.params, this.config);
    this.specs.set(mode, spec);
    return spec;
  }

  /** @throws {TypeError} if the spec has no trainOp */
  training(element: InputElement): { readonly spec: EstimatorSpec; readonly step: TrainStep } {
    const spec = this.of(ModeKeys.TRAIN, element);
    if (spec.trainOp !== undefined) return { spec, step: spec.trainOp };
    throw new TypeError(`Cannot train: expected a trainOp in the spec of mode "${spec.mode}", got none`);
  }

  /** @throws {TypeError} if the spec has no predictions */
  predictor(element: InputElement): { readonly spec: EstimatorSpec; readonly predict: Predictor } {
    const spec = this.of(ModeKeys.PREDICT, element);
    const { predictions } = spec;
    if (predictions === undefined)
      throw new TypeError(
        `Cannot predict: expected predictions in the spec of mode "${spec.mode}", got none`,
      );
    this.predictions ??= trace((features: Features) => predictions(features), { name: "predict" });
    return { spec, predict: this.predictions };
  }

  /** The spec to export; the model function, if need be, is given what a receiver makes of its example. */
  serving(makeReceiver: MakeReceiver | undefined): EstimatorSpec {
    const known = this.specs.get(ModeKeys.PREDICT);
    if (known !== undefined) return known;
    const receiver = (makeReceiver ?? createPredictInputFn())();
    const image = tf.tidy(() => receiver.receive(receiver.example));
    try {
      return this.of(ModeKeys.PREDICT, { image });
    } finally {
      image.dispose();
      receiver.dispose();
    }
  }

  /** Of the params those that a table of runs can tell. */
  get hyperparameters(): Readonly<Record<string, Hyperparameter>> {
    return typeof this.params === "object" && this.params !== null ? plainOf(this.params) : {};
  }

  /** The model of the specs; undefined while there is none. */
  get model(): Model | undefined {
    return [...this.specs.values()][0]?.model;
  }

  /** Frees the steps. */
  dispose(): void {
    for (const { trainOp, evalStep } of this.specs.values()) {
      trainOp?.dispose();
      evalStep?.dispose();
    }
    this.specs.clear();
    this.predictions?.dispose();
    this.predictions = undefined;
  }
}
