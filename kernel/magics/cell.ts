import { type Outcome } from "../session/api";
import { parseMagics, type Magic } from "./parse";
import { runMagic, type MagicContext } from "./run";

/**
 * Runs a cell, its magics first; without magics it is the session's run().
 * @param cell  its execution count, undefined for silent ones
 * @returns     the TypeScript's outcome; of a cell of magics only, that of the last
 */
export async function runCell(
  code: string,
  cell: number | undefined,
  context: MagicContext,
): Promise<Outcome> {
  const { session } = context;
  const { magics, code: rest } = parseMagics(code);
  const hasCode = rest.trim() !== "";
  const isTimed = magics.at(-1)?.name === "%%time";
  const leading = isTimed ? magics.slice(0, -1) : magics;
  let last: Outcome = { status: "ok", value: undefined };
  for (const [index, magic] of leading.entries()) {
    last = await runOne(magic, cell, context, code);
    if (last.status === "error") return last;
    const isLast = index === leading.length - 1 && !hasCode;
    if (!isLast && last.value !== undefined) context.show?.(last.value);
  }
  if (!hasCode && magics.length > 0) return last;
  const run = (): Promise<Outcome> => session.run(rest, cell, code);
  return isTimed ? time(run, context) : run();
}

async function runOne(
  magic: Magic,
  cell: number | undefined,
  context: MagicContext,
  typed: string,
): Promise<Outcome> {
  const { session } = context;
  const { name, code } = magic;
  if (name === "%time" && code !== undefined) return time(() => session.run(code, cell, typed), context);
  try {
    if (name === "%time") throw new TypeError("Cannot run %time: expected %time statement, got none");
    return { status: "ok", value: await runMagic(magic, context) };
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
