/** One evaluation of the model as it is, with the metrics of its spec. */
import type { DatasetIterator } from "../input";
import {
  createMetrics,
  evaluate,
  meanMetric,
  type Batch,
  type MetricRecord,
  type MetricResult,
} from "../training";
import { batchOf } from "./features";
import type { RunHook } from "./hooks";
import type { EstimatorSpec, InputElement } from "./spec";
import type { Progress } from "./training";

/** What an evaluation gives: its spec's metrics by name, the losses, and the step of the weights. */
export interface EvalResult {
  /** Mean over the batches, with weight decay, which a pretrained network has much of. */
  readonly loss: number;
  /** Mean over the images, of the labels alone; as evaluate() gives it unless the spec has a metric of this name. */
  readonly crossEntropy: number;
  readonly global_step: number;
  readonly [metric: string]: MetricResult;
}

/** What an evaluation hook is told of a batch. */
export interface EvalProgress {
  readonly batches: number;
  readonly images: number;
}

/** What an evaluation needs. */
export interface EvaluationParts {
  readonly spec: EstimatorSpec;
  readonly iterator: DatasetIterator<InputElement>;
  readonly first: InputElement;
  readonly globalStep: number;
  /** undefined: to the input's end. */
  readonly steps: number | undefined;
  readonly hooks: Required<RunHook<EvalProgress>>;
  readonly onProgress: ((progress: Progress) => void) | undefined;
  readonly signal: AbortSignal;
}

/**
 * Evaluates. A hook that requests a stop ends it after the batch.
 * @throws {TypeError} if the spec has no evalStep
 */
export async function runEvaluation(parts: EvaluationParts): Promise<EvalResult> {
  const { spec, globalStep, steps, hooks, onProgress, signal } = parts;
  const { evalStep, evalMetricOps, mode } = spec;
  if (evalStep === undefined)
    throw new TypeError(`Cannot evaluate: expected an evalStep in the spec of mode "${mode}", got none`);
  const own = evalMetricOps?.metrics ?? {};
  const metrics = createMetrics<MetricRecord>({ loss: meanMetric(), ...own });
  metrics.reset();
  const batches = batchesOf(parts);
  const evaluation = await evaluate(spec.model, batches, {
    evalStep,
    metrics,
    signal,
    ...(steps === undefined ? {} : { steps }),
    onProgress: ({ batches: done }) => onProgress?.({ done, total: steps }),
  });
  await hooks.end({ globalStep });
  const { loss = NaN, crossEntropy = evaluation.crossEntropy, ...others } = metrics.result();
  return { ...others, loss: Number(loss), crossEntropy: Number(crossEntropy), global_step: globalStep };
}

/** The batches, with the hooks' calls between them. */
async function* batchesOf(parts: EvaluationParts): AsyncGenerator<Batch, void, undefined> {
  const { iterator, hooks, globalStep } = parts;
  let stopped = false;
  const requestStop = (): void => void (stopped = true);
  const results = { batches: 0, images: 0 };
  let element: InputElement | undefined = parts.first;
  while (element !== undefined) {
    await hooks.beforeRun({ globalStep });
    const batch = batchOf(element, "evaluate");
    yield batch;
    results.batches++;
    results.images += batch[1].shape[0];
    await hooks.afterRun({ globalStep, results: { ...results }, requestStop });
    if (isSet()) return;
    element = (await iterator.next()).value;
  }
  function isSet(): boolean {
    return stopped;
  }
}
