/** What of a model function's spec a SavedModel is made of. */
import { createPredictInputFn, exportSavedModel, type ExportOptions } from "../export";
import { receivingSignature } from "../export/receiver";
import type { EstimatorSpec } from "./spec";

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
      ([name, predict]) => [name, receivingSignature(receiver, (image) => predict({ image }))] as const,
    );
    return exportSavedModel(Object.fromEntries(signatures), dir, {
      ...others,
      variables: model.variables.all(),
    });
  } finally {
    receiver.dispose();
  }
}
