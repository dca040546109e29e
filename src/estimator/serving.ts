/** What of a model function's spec a SavedModel is made of. */
import {
  createPredictInputFn,
  exportSavedModel,
  type ExportOptions,
  type ExportSignature,
  type InputReceiver,
} from "../export";
import type { EstimatorSpec, Predict } from "./spec";

/** Options of Estimator.exportSavedModel(). */
export interface ExportSavedModelOptions extends Omit<ExportOptions, "variables"> {
  /** @default modelDir's latest */
  readonly checkpointPath?: string;
}

/**
 * Writes a spec's exportOutputs, or without them its model's own signatures, with the weights that the model has.
 * @returns the version's folder
 */
export function exportSpec(
  spec: EstimatorSpec,
  dir: string,
  options: Omit<ExportOptions, "variables">,
): string {
  const { model, exportOutputs } = spec;
  if (exportOutputs === undefined) return exportSavedModel(model, dir, options);
  const { receiver: makeReceiver, ...others } = options;
  const receiver = (makeReceiver ?? createPredictInputFn({ side: model.options.fixedResizeSide }))();
  try {
    const signatures = Object.entries(exportOutputs).map(
      ([name, predict]) => [name, signatureOf(predict, receiver)] as const,
    );
    return exportSavedModel(Object.fromEntries(signatures), dir, {
      ...others,
      variables: model.variables.all(),
    });
  } finally {
    receiver.dispose();
  }
}

function signatureOf(predict: Predict, receiver: InputReceiver): ExportSignature {
  const { inputName, example, shape } = receiver;
  return {
    fn: (inputs) => {
      const received = inputs[inputName];
      if (received === undefined)
        throw new TypeError(`Cannot export: expected an input "${inputName}", got none`);
      return predict({ image: receiver.receive(received) });
    },
    example: { [inputName]: example },
    shapes: { [inputName]: shape },
  };
}
