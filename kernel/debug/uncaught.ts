import { type Debugger, type Session } from "node:inspector/promises";
import { type Scripts } from "./scripts";

/** What is needed to look at a stack's sources. */
interface Stack {
  readonly session: Session;
  readonly scripts: Scripts;
}

/**
 * Whether the user's own code catches what is thrown. V8 counts the kernel's catching too, which is around every
 * cell: so the sources of the user's frames are looked at for `try` with `catch` around the place where each stands.
 * What `promise.catch(…)` will catch is not seen.
 */
export async function isCaught(
  { session, scripts }: Stack,
  frames: readonly Debugger.CallFrame[],
): Promise<boolean> {
  for (const { location } of frames) {
    if (scripts.find(location.scriptId) === undefined) continue;
    const { scriptSource } = await session.post("Debugger.getScriptSource", { scriptId: location.scriptId });
    const offset = offsetOf(scriptSource, location);
    if (await isInTry(scriptSource, offset)) return true;
  }
  return false;
}

function offsetOf(source: string, { lineNumber, columnNumber = 0 }: Debugger.Location): number {
  let start = 0;
  for (let line = 0; line < lineNumber; line++) start = source.indexOf("\n", start) + 1;
  return start + columnNumber;
}

async function isInTry(source: string, offset: number): Promise<boolean> {
  // eslint-disable-next-line no-restricted-syntax -- the compiler is large, and only needed for the "uncaught" filter
  const { default: ts } = await import("typescript");
  const file = ts.createSourceFile("script.js", source, ts.ScriptTarget.Latest, false, ts.ScriptKind.JS);
  let isCaught = false;
  ts.forEachChild(file, function visit(node): void {
    if (offset < node.pos || offset >= node.end) return;
    if (ts.isFunctionLike(node)) isCaught = false; // what is around a function does not catch what is thrown in it
    if (ts.isTryStatement(node) && node.catchClause !== undefined) {
      const { pos, end } = node.tryBlock;
      if (offset >= pos && offset < end) isCaught = true;
    }
    ts.forEachChild(node, visit);
  });
  return isCaught;
}
