import { setImmediate } from "node:timers/promises";
import { exposeCollection } from "../src/tensorflow/runtime/garbage";

/** Frees all that nothing refers to, tensors too, so that what is counted then is only what is held. */
export async function settled(): Promise<void> {
  const collect = exposeCollection();
  for (let i = 0; i < 3; i++) {
    collect();
    await setImmediate(); // what V8 has found is freed in turns of the event loop
    await setImmediate();
  }
}
