/** The functions that TensorFlow holds for us. */
import type { buildFunction } from "./functiondef";
import { dropFunction, functionBytes, keepFunction } from "./library";
import { defineFunctionOp, forgetFunctionOp } from "../runtime/opdefs";
import type { RecordedNode } from "./recorded";
import { releaseSoon } from "../runtime/release";
import { native } from "../runtime/runtime";

interface Registered {
  /** Its own recording while that is in use, and the functions that call it. */
  users: number;
  readonly calls: readonly string[];
}

const registered = new Map<string, Registered>();

/** How many recorded functions TensorFlow holds now. */
export function functionCount(): number {
  return registered.size;
}

/** A registered function and all that it calls, those called first: their FunctionDefs by name. */
export function functionsUnder(name: string): ReadonlyMap<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  for (const called of registered.get(name)?.calls ?? [])
    for (const [below, bytes] of functionsUnder(called)) found.set(below, bytes);
  const own = registered.has(name) ? functionBytes(name) : undefined;
  if (own !== undefined) found.set(name, own);
  return found;
}

/**
 * Gives TensorFlow a function.
 * @param nodes  what it consists of
 * @returns      gives the function up: TensorFlow forgets it when no other function calls it any more; once is enough
 */
export function registerFunction(
  { bytes, definition }: Pick<ReturnType<typeof buildFunction>, "bytes" | "definition">,
  nodes: readonly RecordedNode[],
): () => void {
  const { name } = definition;
  native.registerFunction(bytes);
  defineFunctionOp(definition);
  keepFunction(bytes, definition);
  const calls = [...new Set(nodes.flatMap(namesIn))].filter((called) => registered.has(called));
  for (const called of calls) use(called, 1);
  registered.set(name, { users: 1, calls });
  let isHeld = true;
  return () => {
    if (isHeld) use(name, -1);
    isHeld = false;
  };
}

function namesIn({ op, attrs }: RecordedNode): string[] {
  return [op, ...Object.values(attrs).flatMap(({ func }) => (func === undefined ? [] : [func.name]))];
}

function use(name: string, change: 1 | -1): void {
  const entry = registered.get(name);
  if (entry === undefined) return;
  entry.users += change;
  if (entry.users > 0) return;
  registered.delete(name);
  native.removeFunction(name);
  forgetFunctionOp(name);
  dropFunction(name);
  releaseSoon();
  for (const called of entry.calls) use(called, -1);
}
