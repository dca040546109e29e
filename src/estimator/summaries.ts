/** What a training writes to its event file, as tf.estimator's hooks do. */
import type { SummaryWriter } from "../summary";
import {
  summarizeGradients,
  type StepFrom,
  type StepResult,
  type StepWithGradients,
  type TrainStep,
} from "../training";
import type { ResolvedRunConfig } from "./config";
import type { EstimatorSpec } from "./spec";
import { Timer } from "./timer";

/** What is summarized, and where to. */
export interface SummariesParts {
  readonly spec: EstimatorSpec;
  readonly step: TrainStep;
  /** What takes the steps: the step, or the step from an endpoint on. */
  readonly take: StepFrom;
  readonly config: ResolvedRunConfig;
  /** undefined: nothing is written, by a process that is not the chief. */
  readonly writer: SummaryWriter | undefined;
}

/** A training's summaries: scalars, and histograms of gradients and variables where they are asked for. */
export class Summaries {
  private readonly due: Timer;
  private readonly counter: Timer;
  private hasGraph = false;
  /** The histograms under way, which are made while the next steps run. */
  private drawn: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: SummariesParts) {
    this.due = new Timer({ everySteps: parts.config.saveSummarySteps });
    this.counter = new Timer({ everySteps: parts.config.logStepCountSteps });
  }

  /** Takes a step; with its gradients if that is one to summarize them of. The caller disposes them. */
  async take(...batch: Parameters<StepFrom>): Promise<StepWithGradients> {
    const { step, take } = this.parts;
    if (step.summarizeGradients && this.isDue(step.globalStep + 1)) return take.withGradients(...batch);
    return { ...(await take(...batch)), gradients: {} };
  }

  /** Writes what is due after an update. @throws {RangeError} if a gradient or variable of the last ones was not finite */
  async write({ gradients, ...results }: StepWithGradients): Promise<void> {
    const { writer, step, config, spec } = this.parts;
    const { globalStep } = results;
    if (writer === undefined) return;
    if (!this.hasGraph) {
      this.hasGraph = true;
      if (step.signatures().length > 0) writer.graph(step);
    }
    if (config.logStepCountSteps > 0 && this.counter.isDue(globalStep)) {
      const passed = this.counter.mark(globalStep);
      if (passed !== undefined) writer.scalar("global_step/sec", passed.steps / passed.seconds, globalStep);
    }
    if (!this.isDue(globalStep)) return;
    this.due.mark(globalStep);
    const scalars = (spec.summaries ?? ((one) => scalarsOf(one, step)))(results);
    for (const [tag, value] of Object.entries({ loss: results.loss, ...scalars }))
      writer.scalar(tag, value, globalStep);
    await this.drawn;
    this.drawn = Promise.all([
      summarizeGradients(writer, gradients, globalStep),
      ...this.draw(writer, globalStep),
    ]);
    this.drawn.catch(() => undefined); // thrown where it is waited for
  }

  /** Waits for the histograms. @throws {RangeError} if a gradient or variable was not finite */
  async finish(): Promise<void> {
    await this.drawn;
  }

  private isDue(globalStep: number): boolean {
    const { config, writer } = this.parts;
    return writer !== undefined && config.saveSummarySteps > 0 && this.due.isDue(globalStep);
  }

  private draw(writer: SummaryWriter, globalStep: number): Promise<void>[] {
    const { spec } = this.parts;
    if (spec.summarizeVariables !== true) return [];
    return spec.model.variables
      .all()
      .map(({ name, variable }) => writer.histogram(name, variable, globalStep));
  }
}

/** A step's scalars for TensorBoard; the norms are not told twice. */
function scalarsOf(
  { crossEntropy, accuracy, learningRate, gradientNorms = {} }: StepResult,
  { summarizeGradients: areSummarized }: TrainStep,
): Record<string, number> {
  const told = areSummarized ? [] : Object.entries(gradientNorms);
  const norms = told.map(([name, norm]) => [`gradient_norm/${name}`, norm] as const);
  return { crossEntropy, accuracy, learning_rate: learningRate, ...Object.fromEntries(norms) };
}
