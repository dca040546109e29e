import { type CellName, type Outcome } from "../session/api";
import { type MagicContext } from "./context";
import { parseMagics, type Magic } from "./parse";
import { runMagic } from "./run";
import { runFile } from "./runfile";
import { timeit } from "./timeit";

/** A cell, or what is left of it. */
interface Parts {
  readonly magics: readonly Magic[];
  /** Its TypeScript. */
  readonly code: string;
  /** The whole cell as it was typed. */
  readonly typed: string;
  readonly cell: CellName;
}

/**
 * Runs a cell, its magics first; without magics it is the session's run().
 * @param cell  its execution count, undefined for silent ones
 * @returns     the TypeScript's outcome; of a cell of magics only, that of the last
 */
export function runCell(typed: string, cell: CellName, context: MagicContext): Promise<Outcome> {
  const { magics, code } = parseMagics(typed, (line) => context.session.isCommand(line));
  return runParts({ magics, code, typed, cell }, context);
}

async function runParts(parts: Parts, context: MagicContext): Promise<Outcome> {
  const { magics, code } = parts;
  const hasCode = code.trim() !== "";
  let last: Outcome = { status: "ok", value: undefined };
  for (const [index, magic] of magics.entries()) {
    const following = { ...parts, magics: magics.slice(index + 1) };
    if (magic.name.startsWith("%%") && magic.body === undefined)
      return catching(context, () => runAround(magic, following, context));
    last = await catching(context, () => runOne(magic, parts, context));
    if (last.status === "error") return last;
    const isLast = index === magics.length - 1 && !hasCode;
    if (!isLast && last.value !== undefined) await context.show?.(last.value);
  }
  return !hasCode && magics.length > 0 ? last : runCode(code, parts, context);
}

/** Runs a magic that goes round the rest of the cell. */
function runAround(magic: Magic, parts: Parts, context: MagicContext): Promise<Outcome> {
  const { code: rest } = parts;
  const run = (code: string): Promise<Outcome> => runCode(code, parts, context);
  if (magic.name === "%%timeit") return timeit(magic, context, { rest, run });
  if (magic.name === "%%time") return time(() => run(rest), context);
  return context.captures.run(magic, async () => {
    const outcome = await runParts(parts, context);
    if (outcome.status === "ok" && outcome.value !== undefined) await context.show?.(outcome.value);
    return outcome.status === "ok" ? { status: "ok", value: undefined } : outcome;
  });
}

async function runOne(magic: Magic, parts: Parts, context: MagicContext): Promise<Outcome> {
  const { name, code } = magic;
  const run = (code: string): Promise<Outcome> => runCode(code, parts, context);
  if (name === "%run") return runFile(magic, context, runCell);
  if (name === "%timeit") return timeit(magic, context, { rest: "", run });
  if (code !== undefined) return name === "%time" ? time(() => run(code), context) : run(code);
  if (name === "%time") throw new TypeError("Cannot run %time: expected %time statement, got none");
  return { status: "ok", value: await runMagic(magic, context) };
}

function runCode(code: string, { cell, typed }: Parts, { session }: MagicContext): Promise<Outcome> {
  return session.run(session.withCommands(code), cell, typed);
}

async function catching({ session }: MagicContext, run: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await run();
  } catch (error) {
    return session.describe(error);
  }
}

/** Says after a run how long it took by the clock, and how long the process worked. */
async function time(run: () => Promise<Outcome>, { write }: MagicContext): Promise<Outcome> {
  const [start, usage] = [performance.now(), process.cpuUsage()];
  const outcome = await run();
  const wall = performance.now() - start;
  const { user, system } = process.cpuUsage(usage);
  write(`Wall time: ${formatMs(wall)}, CPU time: ${formatMs((user + system) / 1000)}\n`);
  return outcome;
}

/** "85.2 ms", "3.41 s", "2 min 5 s". */
function formatMs(ms: number): string {
  if (ms < 1000) return `${ms.toPrecision(3)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toPrecision(3)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
