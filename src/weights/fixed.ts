/** What a network has built in, where a file states it too. */
import type { WeightsFile } from "./formats/weightsfile";
import type { WeightsMapping } from "./mappings/mapping";

const TOLERANCE = 1e-6;

/** @throws {RangeError} that names the entry, if a file has other values than the network has built in, or is of other pixels */
export function expectFixed(file: WeightsFile, { name, fixed = [], unfilled }: WeightsMapping): void {
  const isThere = file.entries.some((one) => one.name === unfilled?.entry);
  if (unfilled !== undefined && isThere && file.read(unfilled.entry).every(Number.isNaN))
    throw new RangeError(
      `Cannot import "${file.path}": expected weights of ${name}, got those of ${unfilled.name}, as "${unfilled.entry}" is NaN: their pixels are others`,
    );
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
