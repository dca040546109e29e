/** What is in a file of torch.save(). */
import type { PickleValue } from "./pickle/values";

/** The saved value, and where in the file each storage begins that it speaks of, in bytes by key. */
export interface TorchContents {
  readonly saved: PickleValue;
  readonly starts: ReadonlyMap<string, number>;
}

/** No network's pickle, which has no numbers of tensors, comes near to this. */
export const MOST_PICKLE_BYTES = 2 ** 26;
