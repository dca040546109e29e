import { type Outcome } from "../session/api";
import { type MagicContext } from "./context";
import { optionsOf, type Magic } from "./parse";
import { timeFunction, type Timing, type TimingOptions } from "./timing";

/** What %timeit is told by its options. */
interface TimeitOptions extends TimingOptions {
  /** Whether it says nothing. */
  readonly quiet: boolean;
  /** Whether its value is the timing. */
  readonly gives: boolean;
}

/**
 * Runs `%timeit statement`, or `%%timeit` of a cell, whose own line may have a statement that runs once before.
 * @param rest   the cell's TypeScript
 * @param run    runs a cell
 * @returns the timing with -o, else nothing
 */
export async function timeit(
  magic: Magic,
  { session, write }: MagicContext,
  { rest, run }: { readonly rest: string; readonly run: (code: string) => Promise<Outcome> },
): Promise<Outcome> {
  const { quiet, gives, ...options } = parseOptions(magic);
  const isWhole = (code: string): boolean => session.isComplete(code).status === "complete";
  const outcome = await run(
    magic.name === "%%timeit" ? cellFunction(magic, rest) : lineFunction(magic, isWhole),
  );
  if (outcome.status === "error") return outcome;
  const timed = await outcome.value;
  if (!isFunction(timed)) throw new TypeError(`Cannot time: expected a function, got ${typeof timed}`);
  const timing = await timeFunction(timed, options);
  if (!quiet) write(`${told(timing)}\n`);
  return { status: "ok", value: gives ? timing : undefined };
}

function told(timing: Timing): string {
  const { best, worst } = timing;
  if (best === 0 || worst <= 4 * best || worst <= 0.001) return timing.toString();
  const times = `${(worst / best).toFixed(2)} times longer than the fastest`;
  return `The slowest run took ${times}. This could mean that an intermediate result is being cached.\n${timing.toString()}`;
}

function parseOptions(magic: Magic): TimeitOptions {
  const options = optionsOf(magic);
  const unknown = /-(?![nr]\s*\d)(?![oq]+(\s|$))\S*/.exec(options)?.[0];
  if (unknown !== undefined)
    throw new TypeError(
      `Cannot run ${magic.name}: expected the options -n loops, -r runs, -q, -o, got ${unknown}`,
    );
  const numberOf = (letter: string): number | undefined => {
    const [, digits] = new RegExp(`-${letter}\\s*(\\d+)`).exec(options) ?? [];
    if (digits === undefined) return undefined;
    if (Number(digits) >= 1) return Number(digits);
    throw new RangeError(`Cannot run ${magic.name}: expected -${letter} of at least 1, got ${digits}`);
  };
  const has = (letter: string): boolean => new RegExp(`-[oq]*${letter}`).test(options);
  return { loops: numberOf("n"), repeat: numberOf("r"), quiet: has("q"), gives: has("o") };
}

/** A line as a function, every letter at its place; of an expression it gives the value, which may be a promise. */
function lineFunction({ code = "", name }: Magic, isWhole: (code: string) => boolean): string {
  const [, lines = "", spaces = "", given = ""] = /^(\n*)( *)([^]*?)\s*$/.exec(code) ?? [];
  if (given === "") throw new TypeError(`Cannot run ${name}: expected ${name} statement, got none`);
  const statement = given.replace(/^await\b(?![^]*\bawait\b)/, "     "); // the promise is waited for anyhow
  const head = `${/\bawait\b/.test(statement) ? "async" : ""}()=>`;
  const expression = statement.replace(/;$/, "");
  const [body, open, close] = isWhole(`(${expression}\n)`) ? [expression, "(", ")"] : [statement, "{", "}"];
  const start = head + open;
  return `${lines}${start}${spaces.slice(start.length)}${body}\n${close}`;
}

/** A cell as a function; the statement on the magic's line runs before. */
function cellFunction(magic: Magic, rest: string): string {
  const setup = magic.argument.slice(optionsOf(magic).length);
  const lines = rest.split("\n");
  const body = lines.slice(magic.line + 1).join("\n");
  const [outer, inner] = [setup, body].map((code) => (/\bawait\b/.test(code) ? "async" : ""));
  const start = `(${outer}()=>{`;
  const width = (lines[magic.line]?.length ?? 0) - setup.length;
  lines[magic.line] = `${start.padEnd(width)}${setup};return ${inner}()=>{`;
  return `${lines.join("\n")}\n}})()`;
}

function isFunction(value: unknown): value is () => unknown {
  return typeof value === "function";
}
