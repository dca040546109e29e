/** Scopes of tfjs's, `tf.tidy()` and those of gradients, that JavaScript has left open which an interrupt ended: no `finally` of it ran. */
import { cellSignal } from "../../interrupt";
import * as tf from "./tfjs";

type ScopedRun = (start: () => void, end: () => void, work: () => unknown) => unknown;

const engine = tf.engine();
const { state } = engine;
const scopedRun = Reflect.get(engine, "scopedRun") as ScopedRun;

/** How many runs are within one another now. */
let depth = 0;
/** What was before the outermost of them. */
let before = stateNow();
/** Those that close scopes when they are aborted. */
const followed = new WeakSet<AbortSignal>();

function stateNow() {
  const { gradientDepth, kernelDepth, activeTape, scopeStack } = state;
  return { scopes: scopeStack.length, tracking: { gradientDepth, kernelDepth, activeTape } };
}

/** Closes what is open still, with its tensors. Called between two tasks, when nothing runs that could have opened it. */
function close(): void {
  if (depth === 0) return;
  depth = 0;
  Object.assign(state, before.tracking);
  while (state.scopeStack.length > before.scopes) engine.endScope();
}

function follow(signal: AbortSignal): void {
  if (followed.has(signal)) return;
  followed.add(signal);
  signal.addEventListener("abort", () => void setImmediate(close), { once: true });
}

const run: ScopedRun = (start, end, work) => {
  if (depth === 0) {
    const signal = cellSignal();
    if (signal !== undefined) follow(signal);
    before = stateNow();
  }
  depth++;
  try {
    return scopedRun.call(engine, start, end, work);
  } finally {
    depth--;
  }
};
Reflect.set(engine, "scopedRun", run);
