import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Frees all that nothing refers to, tensors too, so that what is counted then is only what is held. */
export async function settled(): Promise<void> {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  if (typeof collect !== "function") throw new TypeError("Cannot collect garbage: expected V8 to offer it");
  for (let i = 0; i < 3; i++) {
    Reflect.apply(collect, undefined, []);
    await setImmediate(); // what V8 has found is freed in turns of the event loop
    await setImmediate();
  }
}
