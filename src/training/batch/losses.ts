import type { Losses } from "../../model/modellosses";

/**
 * The losses as they are, if each is one number: a model's own loss() may have forgotten the mean over the batch.
 * @param what  what they are for, for the error: "train"
 * @throws {TypeError} that names the one that is no scalar, and its shape
 */
export function expectScalars(losses: Losses, what: string): Losses {
  for (const [name, { dtype, shape }] of Object.entries(losses)) {
    if (shape.length === 0) continue;
    throw new TypeError(
      `Cannot ${what}: expected loss() to give scalars, got a ${name} of ${dtype} [${shape.join(", ")}]`,
    );
  }
  return losses;
}
