/** What of a model function's spec a SavedModel is made of. */
import { exportSavedModel, type ExportOptions } from "../export";
import { defaultReceiver, receivingSignature, type ReceivingSignature } from "../export/receiver";
import type { EstimatorSpec } from "./spec";
import type { WeightsOptions } from "./weights";

/** Options of Estimator.exportSavedModel(). */
export interface ExportSavedModelOptions extends Omit<ExportOptions, "variables">, WeightsOptions {}

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
  const receiver = (makeReceiver ?? defaultReceiver)(model.options);
  const signatures: Record<string, ReceivingSignature> = {};
  try {
    for (const [name, predict] of Object.entries(exportOutputs))
      signatures[name] = receivingSignature(receiver, (image) => predict({ image }));
    return exportSavedModel(signatures, dir, { ...others, variables: model.variables.all() });
  } finally {
    for (const one of Object.values(signatures)) one.dispose();
    receiver.dispose();
  }
}
