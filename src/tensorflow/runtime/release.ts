/** Memory that is given back to the system. */
import { setImmediate } from "node:timers"; // tfjs puts another in the place of the global one
import { native } from "./runtime";

let isDue = false;

/**
 * Gives the system back the memory that no tensor holds, when all that is being disposed now has been: TensorFlow would keep it for
 * the next tensors. To be called when work has ended that won't be taken up soon.
 */
export function releaseSoon(): void {
  if (isDue) return;
  isDue = true;
  setImmediate(() => {
    isDue = false;
    native.releaseMemory();
  }).unref();
}
