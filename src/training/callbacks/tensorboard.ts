import { join } from "node:path";
import { SummaryWriter, type Hyperparameter } from "../../summary";
import type { Callback } from "./callback";
import { expectCount } from "./monitor";

/** Options of tensorboard(). */
export interface TensorboardOptions {
  /** Steps from one set of scalars to the next. @default 10 */
  readonly everySteps?: number;
  /** What else the run was made with, such as how its photos are augmented, beside what the training tells. @default {} */
  readonly hyperparameters?: Readonly<Record<string, Hyperparameter>>;
}

/**
 * Writes event files for TensorBoard: crossEntropy, accuracy and learning_rate of steps, the epoch at its end and what the run is made
 * with to the folder, crossEntropy, accuracy and metrics of validations to its folder "eval", as an Estimator does. readScalars() reads
 * them back, compareRuns() compares them.
 * @throws {RangeError} if everySteps is no whole number from 1 on
 * @throws {Error} when the training begins, if the folder cannot be made or written
 */
export function tensorboard(logDir: string, options: TensorboardOptions = {}): Callback {
  const { everySteps = 10, hyperparameters = {} } = options;
  expectCount("write summaries", "everySteps", everySteps, 1);
  const writers = new Map<string, SummaryWriter>();
  const writerOf = (folder: string): SummaryWriter => {
    const writer = writers.get(folder) ?? new SummaryWriter(folder);
    writers.set(folder, writer);
    return writer;
  };
  const write = (folder: string, scalars: Readonly<Record<string, number>>, step: number): void => {
    const writer = writerOf(folder);
    for (const [tag, value] of Object.entries(scalars)) writer.scalar(tag, value, step);
  };
  return {
    onTrainBegin: (training) => {
      if (writers.has(logDir)) return; // of a training that goes on after an interrupt
      const told = { ...training.hyperparameters, ...hyperparameters };
      writerOf(logDir).hparams(told, ["crossEntropy", "accuracy"]);
    },
    onStep: ({ crossEntropy, accuracy, learningRate, momentum, globalStep, accumulated = 0 }) => {
      if (globalStep % everySteps !== 0 || accumulated > 0) return;
      const rates = { learning_rate: learningRate, ...(momentum !== undefined && { momentum }) };
      write(logDir, { crossEntropy, accuracy, ...rates }, globalStep);
    },
    onEpochEnd: async ({ epoch, validationLoss, validationAccuracy, metrics, globalStep }) => {
      write(logDir, { epoch }, globalStep);
      if (validationLoss !== undefined && validationAccuracy !== undefined) {
        const scalars = { crossEntropy: validationLoss, accuracy: validationAccuracy, ...metrics };
        write(join(logDir, "eval"), scalars, globalStep);
      }
      await Promise.all([...writers.values()].map((writer) => writer.flush()));
    },
    onTrainEnd: async () => {
      const all = [...writers.values()];
      writers.clear();
      await Promise.all(all.map((writer) => writer.close()));
    },
  };
}
