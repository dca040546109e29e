import { basename } from "node:path";
import { type Debugger, type Runtime, type Session } from "node:inspector/promises";
import { beforeEnd } from "../interrupt/interrupter";
import { isJson, type Json } from "../protocol";
import { type Breakpoints, type Judge } from "./breakpoints";
import { DebugError, mainThread, readList, readString, type Scope, type StackFrame } from "./dap";
import { type Evaluator } from "./evaluate";
import { isCell, type Scripts, sourceLine } from "./scripts";
import { Step, type StepCommand, type StepKind } from "./stepping";
import { isCaught } from "./uncaught";
import { type Named, type Variables } from "./variables";

/** Which exceptions stop a cell. */
export type ExceptionFilter = "raised" | "uncaught";

/** The group of all values that are shown while a cell is paused. */
export const pauseGroup = "paused";

/** How long an interrupt may take to end a busy cell, in ms. */
const interruptTime = 500;

/** What the parts share that work on a paused cell. */
export interface Parts {
  readonly session: Session;
  readonly scripts: Scripts;
  readonly breakpoints: Breakpoints;
  readonly variables: Variables;
  readonly evaluator: Evaluator;
  event(name: string, body: Json): void;
}

/** A frame that the user sees, and V8's. */
interface Frame extends StackFrame {
  readonly inner: Debugger.CallFrame;
}

/** A stop that clients know of. */
interface Stop {
  readonly frames: readonly Frame[];
  readonly all: readonly Debugger.CallFrame[];
  readonly exception: Runtime.RemoteObject | undefined;
  readonly isUncaught: boolean;
}

/** Stops and goes on: which of V8's pauses a user sees, and what is to be seen there. */
export class Pauses {
  filters: ReadonlySet<ExceptionFilter> = new Set();
  readonly #parts: Parts;
  #stop: Stop | undefined;
  #step: Step | undefined;
  /** Whether V8 is paused, also where no client is told. */
  #isPaused = false;
  #isPauseAsked = false;
  #frameIds = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    parts.session.on("Debugger.paused", ({ params }) => {
      this.#isPaused = true;
      this.#onPaused(params).catch(() => this.resume()); // e.g. the session has ended meanwhile
    });
    parts.session.on("Debugger.resumed", () => this.#onResumed());
  }

  get isStopped(): boolean {
    return this.#stop !== undefined;
  }

  /** The frames that the user wrote, innermost first. */
  get frames(): readonly Frame[] {
    return this.#stop?.frames ?? [];
  }

  /** Goes on to the end, or to the next breakpoint. */
  resume(): void {
    this.#step = undefined;
    this.#isPauseAsked = false;
    if (this.#isPaused) this.#send("Debugger.resume");
  }

  /** Ends a paused cell; one that runs is not paused by what an interrupt throws in it. */
  async interrupt(): Promise<void> {
    const { session } = this.#parts;
    if (this.#stop === undefined) {
      await session.post("Debugger.setSkipAllPauses", { skip: true });
      const resume = (): void =>
        void session.post("Debugger.setSkipAllPauses", { skip: false }).catch(nothing);
      setTimeout(resume, interruptTime).unref();
      return;
    }
    this.#step = undefined;
    const expression = `globalThis[Symbol.for(${JSON.stringify(beforeEnd.description)})]?.()`;
    await session.post("Runtime.evaluate", { expression, silent: true });
    await session.post("Debugger.resume", { terminateOnResume: true });
  }

  /** Goes on by one step. */
  step(kind: StepKind): void {
    if (this.#stop === undefined) throw new DebugError(`Cannot ${kind}: no cell is paused`);
    this.#step = new Step(kind, this.#parts.scripts, this.#stop.all);
    this.#send(this.#step.command);
  }

  /** Stops the cell that runs, or the next one at its first statement. */
  async pause(): Promise<void> {
    if (this.#stop !== undefined) return;
    this.#isPauseAsked = true;
    await this.#parts.session.post("Debugger.pause");
  }

  /** Forgets a stop whose end V8 does not tell of, as its debugger is off. */
  forget(): void {
    this.#step = undefined;
    this.#isPauseAsked = false;
    this.#onResumed();
  }

  /** A frame by the number that clients were given. */
  frame(id: number | undefined): Frame | undefined {
    return id === undefined ? undefined : this.frames.find((frame) => frame.id === id);
  }

  /** The scopes of a frame: its own variables, those around it, and those of the cells. */
  async scopes(frameId: number | undefined): Promise<readonly Scope[]> {
    const frame = this.frame(frameId);
    if (frame === undefined) throw new DebugError("Cannot show scopes: the cell has run on since");
    const { variables, evaluator } = this.#parts;
    const { scopeChain, this: self, returnValue } = frame.inner;
    const extra: Named[] = [];
    if (returnValue !== undefined) extra.push({ name: "(return value)", value: returnValue });
    if (self.type !== "undefined" && self.className !== "global") extra.push({ name: "this", value: self });
    const own = scopeChain.findIndex(({ type }) => type === "local") + 1 || scopeChain.length;
    const idsOf = (some: readonly Debugger.Scope[]) =>
      some.flatMap(({ type, object }) => (type === "global" ? [] : (object.objectId ?? [])));
    const locals = variables.openScopes(idsOf(scopeChain.slice(0, own)), pauseGroup, extra);
    const scopes: Scope[] = [
      { name: "Locals", presentationHint: "locals", variablesReference: locals, expensive: false },
    ];
    const closure = idsOf(scopeChain.slice(own));
    if (closure.length > 0) {
      const variablesReference = variables.openScopes(closure, pauseGroup);
      scopes.push({ name: "Closure", variablesReference, expensive: false });
    }
    const cells = await evaluator.scope(pauseGroup);
    const globals = cells?.objectId === undefined ? [] : [cells.objectId];
    const variablesReference = variables.openScopes(globals, pauseGroup);
    return [...scopes, { name: "Globals", variablesReference, expensive: false }];
  }

  /** What `exceptionInfo` answers. */
  get exceptionInfo(): Json {
    const { exception, isUncaught = false } = this.#stop ?? {};
    if (exception === undefined)
      throw new DebugError("Cannot describe an exception: none has stopped the cell");
    const { className = exception.type, description = String(exception.value) } = exception;
    return {
      exceptionId: className,
      description: description.split("\n", 1)[0],
      breakMode: isUncaught ? "unhandled" : "always",
      details: { typeName: className, stackTrace: description },
    };
  }

  async #onPaused({
    callFrames,
    reason,
    data,
    hitBreakpoints = [],
  }: Debugger.PausedEventDataType): Promise<void> {
    const reasons = reasonsOf(reason, isJson(data) ? data : {});
    const { breakpoints } = this.#parts;
    const starting = reasons.get("instrumentation");
    if (starting !== undefined) {
      const script = await this.#parts.scripts.settle(readString(starting, "scriptId") ?? "");
      if (script !== undefined) await breakpoints.bind(script);
      if (script !== undefined && this.#isPauseAsked) await breakpoints.stopAtStart(script);
      if (reasons.size === 1 && hitBreakpoints.length === 0) return this.#enter(callFrames);
    }
    const exception = reasons.get("exception") ?? reasons.get("promiseRejection");
    const frames = this.#visible(callFrames);
    const judge: Judge = (condition) => this.#judge(condition, frames);
    const hits = await breakpoints.hit(hitBreakpoints, judge);
    if (hits.length > 0) return this.#show("breakpoint", callFrames, { hitBreakpointIds: hits });
    if (exception !== undefined) return this.#onException(exception, callFrames);
    if (this.#isPauseAsked && breakpoints.isStarting) return this.#enter(callFrames); // to the cell's first line
    if (this.#isPauseAsked) return this.#show("pause", callFrames);
    if (this.#step !== undefined) {
      const command = this.#step.next(callFrames);
      return command === undefined ? this.#show("step", callFrames) : this.#send(command);
    }
    if (hitBreakpoints.length > 0) return this.resume(); // its condition does not hold
    this.#show("pause", callFrames, { description: "Paused at a debugger statement" });
  }

  async #onException(data: Json, all: readonly Debugger.CallFrame[]): Promise<void> {
    const caught = data["uncaught"] !== true && (await isCaught(this.#parts, all));
    const stops = this.filters.has("raised") || (this.filters.has("uncaught") && !caught);
    if (!stops) return this.#step === undefined ? this.resume() : this.#send(this.#step.command);
    const exception: Runtime.RemoteObject = { type: "object" };
    Object.assign(exception, data);
    const text = readString(data, "description")?.split("\n", 1)[0] ?? String(data["value"]);
    this.#show(
      "exception",
      all,
      { description: "Paused on an exception", text },
      { exception, isUncaught: !caught },
    );
  }

  /** A script starts: a step that is under way goes on where it began, if it is still there, and ends with its cell. */
  #enter(callFrames: readonly Debugger.CallFrame[]): void {
    if (this.#step?.isWithin(callFrames.slice(1)) === true) return this.#send("Debugger.stepOut");
    this.#step = undefined;
    this.#send("Debugger.resume");
  }

  /** Goes on from where the user has nothing to see; a pause that was asked for is still to come. */
  #goOn(): void {
    this.#step = undefined;
    this.#send("Debugger.resume");
    if (this.#isPauseAsked) this.#send("Debugger.pause");
  }

  #show(
    reason: string,
    all: readonly Debugger.CallFrame[],
    more: Json = {},
    exception?: Partial<Stop>,
  ): void {
    const frames = this.#visible(all);
    if (frames.length === 0) return this.#goOn();
    this.#step = undefined;
    this.#isPauseAsked = false;
    this.#stop = { frames, all, exception: exception?.exception, isUncaught: exception?.isUncaught ?? false };
    this.#parts.event("stopped", { reason, threadId: mainThread.id, allThreadsStopped: true, ...more });
  }

  #onResumed(): void {
    this.#isPaused = false;
    if (this.#stop === undefined) return;
    this.#stop = undefined;
    this.#parts.event("continued", { threadId: mainThread.id, allThreadsContinued: true });
    this.#parts.variables.release(pauseGroup).catch(nothing); // the session has ended, and all values with it
  }

  #visible(all: readonly Debugger.CallFrame[]): readonly Frame[] {
    const { scripts } = this.#parts;
    return all.flatMap((inner) => {
      const script = scripts.find(inner.location.scriptId);
      if (script === undefined) return [];
      let line = 0;
      for (let at = inner.location.lineNumber; at >= 0 && line === 0; at--) line = sourceLine(script, at);
      const name = isCell(script.path) ? "cell" : basename(script.path);
      return {
        id: ++this.#frameIds,
        name: inner.functionName || (isCell(script.path) ? "<cell>" : "<module>"),
        line: Math.max(line, 1),
        column: 1,
        source: { name, path: script.path },
        inner,
      };
    });
  }

  async #judge(condition: string, frames: readonly Frame[]): Promise<boolean> {
    const callFrameId = frames[0]?.inner.callFrameId;
    try {
      const expression = `!!(${condition})`;
      const value = await this.#parts.evaluator.evaluate(expression, { callFrameId, group: pauseGroup });
      return value.value === true;
    } catch {
      return false;
    }
  }

  #send(command: "Debugger.resume" | "Debugger.pause" | StepCommand): void {
    this.#parts.session.post(command).catch(nothing); // V8 has gone on by itself meanwhile
  }
}

/** Why V8 paused, with each reason's data: several may come together. */
function reasonsOf(reason: string, data: Json): ReadonlyMap<string, Json> {
  if (reason !== "ambiguous") return new Map([[reason, data]]);
  return new Map(
    readList(data, "reasons").flatMap((one): [string, Json][] => {
      if (!isJson(one)) return [];
      return [[readString(one, "reason") ?? "", isJson(one["auxData"]) ? one["auxData"] : {}]];
    }),
  );
}

function nothing(): void {
  // what fails had no more use
}
