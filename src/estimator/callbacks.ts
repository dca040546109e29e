/** Callbacks of train() in a training of an Estimator. */
import type { Callback, StepResult, Training, TrainStep } from "../training";
import { epochsOf, type Epochs } from "../training/epochs";

/** The callbacks of one training, told of its turns; an epoch is what lies between two evaluations. */
export class Told {
  isStopped = false;
  private training: Training | undefined;
  private epochs: Epochs | undefined;

  constructor(private readonly callbacks: readonly Callback[]) {}

  get isAnyone(): boolean {
    return this.callbacks.length > 0;
  }

  async begin(step: TrainStep, lastStep: number | undefined): Promise<void> {
    const requestStop = (): void => void (this.isStopped = true);
    const { model, hyperparameters } = step;
    this.training = { step, model, lastStep, hyperparameters, requestStop };
    this.epochs = epochsOf(this.training, this.callbacks, { signal: undefined });
    for (const callback of this.callbacks) await callback.onTrainBegin?.(this.training);
  }

  async step(result: StepResult, images: number, seconds: number): Promise<void> {
    const { training } = this;
    if (training === undefined) return;
    this.epochs?.add(result, images, seconds);
    for (const callback of this.callbacks) await callback.onStep?.(result, training);
  }

  /** After an evaluation of the model as it is, which gave numbers by name. */
  async evaluated(result: Readonly<Record<string, unknown>>): Promise<void> {
    const numbers = Object.entries(result).filter(
      (one): one is [string, number] => typeof one[1] === "number",
    );
    const { loss: _, global_step: __, crossEntropy, accuracy, ...metrics } = Object.fromEntries(numbers);
    this.epochs?.close();
    await this.epochs?.finish({
      ...(crossEntropy !== undefined && { validationLoss: crossEntropy }),
      ...(accuracy !== undefined && { validationAccuracy: accuracy }),
      metrics,
    });
  }

  async end(): Promise<void> {
    const { training } = this;
    if (training === undefined) return;
    this.epochs?.close();
    await this.epochs?.finish({});
    for (const callback of this.callbacks) await callback.onTrainEnd?.(training);
  }
}
