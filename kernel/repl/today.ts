import { isCompleteCode } from "tslab/dist/converter";
import { createSession as createOld, describeThrown } from "../session";
import { type Session } from "../session/api";

/** Today's session by the coming contract. */
export async function createSession(): Promise<Session> {
  const old = await createOld(() => undefined);
  let declared = Promise.resolve();
  return {
    run: async (code) => {
      await declared;
      return old.run(code);
    },
    complete: (code, position) => {
      const { start, end, candidates } = old.complete(code, position);
      return { start, end, matches: candidates.map((text) => ({ text, kind: "" })) };
    },
    inspect: () => undefined,
    isComplete: (code) => {
      const { completed, indent } = isCompleteCode(code);
      return completed ? { status: "complete" } : { status: "incomplete", indent: indent ?? "" };
    },
    scope: old.executor.locals,
    define: (globals, declarations) => {
      if (declarations.includes("input")) declared = old.run(declarations).then(() => undefined);
      Object.assign(old.executor.locals, globals);
    },
    describe: describeThrown,
    reset: () => old.executor.reset(),
    close: () => old.executor.close(),
  };
}
