/** What a network has built in, where a file states it too. */
import type { WeightsFile } from "./formats/weightsfile";
import type { WeightsMapping } from "./mappings/mapping";

const TOLERANCE = 1e-6;

/** @throws {RangeError} that names the entry, if a file has other values than the network has built in */
export function expectFixed(file: WeightsFile, { name, fixed = [] }: WeightsMapping): void {
  for (const { entry, values } of fixed) {
    for (const { name: found } of file.entries.filter((one) => entry.test(one.name))) {
      const got = file.read(found);
      const isSame =
        got.length === values.length &&
        values.every((value, i) => Math.abs((got[i] ?? NaN) - value) < TOLERANCE);
      if (isSame) continue;
      throw new RangeError(
        `Cannot import "${file.path}": expected "${found}" of [${values.join(", ")}], as published weights of ${name} have it, got [${Array.from(got).slice(0, 5).join(", ")}]: its pixels are others`,
      );
    }
  }
}
