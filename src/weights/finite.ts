/** Whether what a file has are numbers: a training that failed, and some published weights, leave NaN. */
import type { WeightsFile } from "./formats/weightsfile";
import type { MappedEntry } from "./mappings/mapping";

/**
 * An entry's values part by part, as the file gives them.
 * @param variable  that they are for, for the error
 * @throws {RangeError} after the last, that names file and entry and counts them, if some are NaN or infinite
 */
export function* finiteParts(
  file: WeightsFile,
  entry: MappedEntry["entry"],
  variable: string,
): Generator<Float32Array> {
  let [wrong, all] = [0, 0];
  for (const part of file.parts(entry)) {
    all += part.length;
    if (!isFinite(part)) wrong += part.filter((value) => !Number.isFinite(value)).length;
    yield part;
  }
  if (wrong === 0) return;
  const scope = variable.slice(0, variable.lastIndexOf("/"));
  throw new RangeError(
    `Cannot import "${file.path}": expected finite numbers in "${entry}" for "${variable}", got ${wrong} of ${all} that are NaN or infinite; give excludeScopes: "${scope}" to keep the model's own`,
  );
}

/** Whether all are finite numbers: only these are 0 when multiplied by 0. */
function isFinite(values: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] ?? NaN) * 0;
  return sum === 0;
}
