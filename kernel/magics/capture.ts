import { currentCell, runAs, type Publish } from "../cell";
import { finishStreams } from "../output/streams";
import { isJson, type Json } from "../protocol";
import { type Outcome, type Session } from "../session/api";
import { type Magic } from "./parse";

/** By what name a cell is given the outputs that it keeps. */
const givenName = "__captured__";

/** The TypeScript declarations of {@link CapturedOutput}. */
export const captureDeclarations = `
/** What a cell under %%capture has printed and shown. */
interface CapturedOutput {
  readonly stdout: string;
  readonly stderr: string;
  /** MIME bundles. */
  readonly outputs: readonly { readonly data: Readonly<Record<string, unknown>>; readonly metadata: Readonly<Record<string, unknown>> }[];
  /** Prints and shows it all in the cell that calls this. */
  show(): void;
}
declare const ${givenName}: CapturedOutput;
`;

/** What a cell has printed and shown instead of the notebook. */
class CapturedOutput {
  stdout = "";
  stderr = "";
  outputs: { readonly data: Json; readonly metadata: Json }[] = [];

  show(): void {
    process.stdout.write(this.stdout);
    process.stderr.write(this.stderr);
    for (const output of this.outputs) currentCell()?.publish("display_data", { ...output, transient: {} });
  }
}

/** What is left to the notebook. */
interface CaptureOptions {
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly display: boolean;
  /** The variable that keeps what was captured. */
  readonly name: string | undefined;
}

/** Cells whose outputs go into a variable: `%%capture name`. */
export class Captures {
  readonly #session: Session;
  #captured: CapturedOutput | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  /** What cells see, by name. */
  get globals(): Readonly<Record<string, unknown>> {
    return Object.defineProperty({}, givenName, { get: () => this.#captured, enumerable: true });
  }

  /**
   * Runs the rest of a cell, its value shown too.
   * @param run  runs it; what it gives is not shown by the notebook
   */
  async run(magic: Magic, run: () => Promise<Outcome>): Promise<Outcome> {
    const options = parseOptions(magic);
    const captured = new CapturedOutput();
    const outcome = await capture(captured, options, run);
    if (options.name === undefined) return outcome;
    this.#captured = captured;
    const assigned = await this.#session.run(`const ${options.name} = ${givenName};`);
    this.#captured = undefined;
    return outcome.status === "error" ? outcome : assigned;
  }
}

async function capture(
  captured: CapturedOutput,
  options: CaptureOptions,
  run: () => Promise<Outcome>,
): Promise<Outcome> {
  const cell = currentCell();
  if (cell === undefined) return run();
  let isOver = false;
  const publish: Publish = (type, content, extras) => {
    if (isOver || !take(captured, options, type, content)) cell.publish(type, content, extras);
  };
  finishStreams();
  try {
    return await runAs({ ...cell, publish }, run);
  } finally {
    finishStreams();
    isOver = true;
    runAs(cell, () => undefined); // what nobody's code prints is the cell's own again
  }
}

/** Keeps an output; false if it is none that is to be kept. */
function take(captured: CapturedOutput, options: CaptureOptions, type: string, content: Json): boolean {
  const { name, text, data, metadata } = content;
  if (type === "stream" && (name === "stdout" || name === "stderr") && options[name]) {
    captured[name] += String(text);
    return true;
  }
  if (!options.display) return false;
  if (type === "clear_output") captured.outputs = [];
  else if (type === "display_data" && isJson(data))
    captured.outputs.push({ data, metadata: isJson(metadata) ? metadata : {} });
  else return false;
  return true;
}

function parseOptions({ argument }: Magic): CaptureOptions {
  const words = argument.split(/\s+/).filter((word) => word !== "");
  const flags = words.filter((word) => word.startsWith("--"));
  const [name, ...more] = words.filter((word) => !word.startsWith("--"));
  const known = ["--no-stdout", "--no-stderr", "--no-display"];
  const isName = name === undefined || /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name);
  if (!isName || more.length > 0 || flags.some((flag) => !known.includes(flag)))
    throw new TypeError(
      `Cannot capture: expected %%capture [--no-stdout] [--no-stderr] [--no-display] [name], got ${argument}`,
    );
  const keeps = (what: string): boolean => !flags.includes(`--no-${what}`);
  return { stdout: keeps("stdout"), stderr: keeps("stderr"), display: keeps("display"), name };
}
