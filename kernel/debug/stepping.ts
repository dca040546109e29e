import { type Debugger } from "node:inspector/promises";
import { type Scripts, sourceLine } from "./scripts";

/** What a client asked for: on to the next line, into a function, or out of one. */
export type StepKind = "next" | "stepIn" | "stepOut";

/** V8's command for a step. */
export type StepCommand = "Debugger.stepOver" | "Debugger.stepInto" | "Debugger.stepOut";

const commands = {
  next: "Debugger.stepOver",
  stepIn: "Debugger.stepInto",
  stepOut: "Debugger.stepOut",
} as const;

/** How many of V8's steps one step of the user may take, e.g. on a loop that is all in one line. */
const mostSteps = 300;

/** A step of the user's, by lines of the source: V8's own are by expressions of the code it runs. */
export class Step {
  readonly command: StepCommand;
  readonly #kind: StepKind;
  readonly #scripts: Scripts;
  readonly #scriptId: string;
  readonly #function: string;
  readonly #line: number;
  readonly #depth: number;
  #taken = 0;

  constructor(kind: StepKind, scripts: Scripts, frames: readonly Debugger.CallFrame[]) {
    this.#kind = kind;
    this.command = commands[kind];
    this.#scripts = scripts;
    const [top] = frames;
    this.#scriptId = top?.location.scriptId ?? "";
    this.#function = functionOf(top);
    this.#line = this.#lineOf(top);
    this.#depth = frames.length;
  }

  /**
   * What V8 is to do next where it has stopped; undefined if the step has come to its end there. Node's own functions
   * cannot be hidden from V8 (those of its snapshot, in Node 20 and 22): they are left again.
   */
  next(frames: readonly Debugger.CallFrame[]): StepCommand | "Debugger.resume" | undefined {
    const [top] = frames;
    const isUsers = (frame: Debugger.CallFrame) => this.#scripts.find(frame.location.scriptId) !== undefined;
    if (top === undefined || !frames.some(isUsers)) return "Debugger.resume"; // the cell has ended, or waits
    if (!isUsers(top)) return "Debugger.stepOut";
    if (++this.#taken > mostSteps) return undefined;
    const line = this.#lineOf(top);
    if (line === 0) return this.#kind === "stepIn" ? "Debugger.stepInto" : "Debugger.stepOver";
    return this.#isSameLine(top, line, frames.length) ? this.command : undefined;
  }

  /** Whether a paused stack still has the function where the step began. */
  isWithin(frames: readonly Debugger.CallFrame[]): boolean {
    return frames.some(
      (frame) => frame.location.scriptId === this.#scriptId && functionOf(frame) === this.#function,
    );
  }

  #isSameLine(top: Debugger.CallFrame, line: number, depth: number): boolean {
    if (this.#kind === "stepOut") return false;
    const isSame = top.location.scriptId === this.#scriptId && functionOf(top) === this.#function;
    return isSame && line === this.#line && (this.#kind === "next" || depth <= this.#depth);
  }

  #lineOf(frame: Debugger.CallFrame | undefined): number {
    const script = frame === undefined ? undefined : this.#scripts.find(frame.location.scriptId);
    return script === undefined || frame === undefined ? 0 : sourceLine(script, frame.location.lineNumber);
  }
}

function functionOf(frame: Debugger.CallFrame | undefined): string {
  const { lineNumber, columnNumber = 0 } = frame?.functionLocation ?? { lineNumber: -1 };
  return `${lineNumber}:${columnNumber}`;
}
