import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { Session } from "node:inspector/promises";
import { keepAwake } from "../interrupt/awake";
import { type Json } from "../protocol";
import { Breakpoints } from "./breakpoints";
import {
  capabilities,
  DebugError,
  mainThread,
  readBreakpoints,
  readList,
  readNumber,
  readObject,
  readString,
  requireString,
} from "./dap";
import { Evaluator } from "./evaluate";
import { cellPaths } from "./path";
import { Inspection } from "./inspection";
import { type ExceptionFilter, Pauses } from "./pauses";
import { hiddenPatterns, Scripts } from "./scripts";
import { Variables } from "./variables";

/** Answers Jupyter's `debug_request`s about the main thread, from another that lives while the main one is paused. */
export interface DebugAdapter {
  /** Answers a request of the Debug Adapter Protocol, or one of Jupyter's additions; the answer never fails. */
  request(content: Json): Promise<Json>;
  /**
   * Tells of a script that is about to run.
   * @param script.url  what its `//# sourceURL` says: {@link cellPath} of a cell's code, a module's path
   * @param script.lines  `lines[i]` is the source's line (from 1) of script line i + 1, 0 for none
   */
  script(script: { readonly url: string; readonly source: string; readonly lines: readonly number[] }): void;
  /** Ends a paused cell, as an interrupt must: no `catch` and no `finally` of it runs. */
  resume(): void;
  /** Lets the main thread go on and V8's debugger be. */
  close(): void;
}

export interface DebugAdapterOptions {
  /** Sends a message on iopub. */
  publish(type: "debug_event", content: Json): void;
  /** Connected to the main thread; by default one of its own, from a worker. */
  readonly session?: Session;
}

/** Starts answering; V8's debugger is only on while a client is attached. */
export function createDebugAdapter(options: DebugAdapterOptions): DebugAdapter {
  return new Adapter(options);
}

type Handler = (args: Json) => Promise<Json> | Json;

class Adapter implements DebugAdapter {
  readonly #publish: DebugAdapterOptions["publish"];
  readonly #session: Session;
  readonly #scripts = new Scripts();
  readonly #breakpoints: Breakpoints;
  readonly #variables: Variables;
  readonly #pauses: Pauses;
  readonly #inspection: Inspection;
  readonly #handlers: ReadonlyMap<string, Handler>;
  #isStarted = false;
  #isAttached = false;
  /** Of a thread that waits for the main one: while a client is attached, since V8 may pause at any time. */
  #sleep = (): void => undefined;
  #sequence = 0;

  constructor({ publish, session }: DebugAdapterOptions) {
    this.#publish = publish;
    this.#session = session ?? connect();
    this.#breakpoints = new Breakpoints(this.#session, this.#scripts, (breakpoint) =>
      this.#event("breakpoint", { reason: "changed", breakpoint }),
    );
    this.#variables = new Variables(this.#session);
    const evaluator = new Evaluator(this.#session);
    this.#pauses = new Pauses({
      session: this.#session,
      scripts: this.#scripts,
      breakpoints: this.#breakpoints,
      variables: this.#variables,
      evaluator,
      event: (name, body) => this.#event(name, body),
    });
    this.#inspection = new Inspection(this.#session, this.#variables, evaluator, this.#pauses);
    this.#session.on("Debugger.scriptParsed", ({ params }) => void this.#scripts.parsed(params));
    this.#handlers = new Map([...this.#always(), ...this.#attached(), ...this.#stopped()]);
  }

  async request(content: Json): Promise<Json> {
    const command = readString(content, "command") ?? "";
    const response = { type: "response", seq: ++this.#sequence, request_seq: content["seq"] ?? 0, command };
    const handler = this.#handlers.get(command);
    const sleep = keepAwake();
    try {
      if (handler === undefined)
        throw new DebugError(`Cannot answer: the kernel has no debug request "${command}"`);
      return { ...response, success: true, body: await handler(readObject(content, "arguments")) };
    } catch (error) {
      return {
        ...response,
        success: false,
        message: error instanceof Error ? error.message : String(error),
        body: {},
      };
    } finally {
      sleep();
    }
  }

  script({ url, source, lines }: Parameters<DebugAdapter["script"]>[0]): void {
    this.#scripts.add(url, { source, lines });
  }

  resume(): void {
    if (this.#isAttached) this.#pauses.interrupt().catch(() => undefined); // the cell has ended by itself meanwhile
  }

  close(): void {
    this.#sleep();
    this.#pauses.resume();
    this.#session.disconnect();
  }

  /** What is answered with or without an attached debugger. */
  #always(): readonly (readonly [string, Handler])[] {
    return [
      ["debugInfo", () => this.#debugInfo()],
      ["initialize", (args) => this.#initialize(args)],
      ["attach", () => this.#attach()],
      ["disconnect", () => this.#detach()],
      ["terminate", () => this.#detach()],
      ["inspectVariables", () => this.#inspection.inspectVariables()],
      ["richInspectVariables", (args) => this.#inspection.richInspect(args)],
      ["variables", (args) => this.#inspection.expand(args)],
      ["evaluate", (args) => this.#inspection.evaluate(args)],
      ["modules", (args) => this.#modules(args)],
      ["threads", () => ({ threads: [mainThread] })],
      ["source", (args) => this.#source(args)],
      ["dumpCell", (args) => ({ sourcePath: this.#scripts.dump(requireString(args, "code")) })],
    ];
  }

  /** What needs V8's debugger. */
  #attached(): readonly (readonly [string, Handler])[] {
    return this.#guarded(() => this.#isAttached, "no debugger is attached", [
      ["configurationDone", () => ({})],
      ["setBreakpoints", async (args) => ({ breakpoints: await this.#setBreakpoints(args) })],
      ["setExceptionBreakpoints", (args) => this.#setFilters(args)],
      ["pause", async () => (await this.#pauses.pause(), {})],
    ]);
  }

  /** What needs a paused cell. */
  #stopped(): readonly (readonly [string, Handler])[] {
    const step = (kind: "next" | "stepIn" | "stepOut") => (): Json => (this.#pauses.step(kind), {});
    return this.#guarded(() => this.#pauses.isStopped, "no cell is paused", [
      ["continue", () => (this.#pauses.resume(), { allThreadsContinued: true })],
      ["next", step("next")],
      ["stepIn", step("stepIn")],
      ["stepOut", step("stepOut")],
      ["stackTrace", (args) => this.#stackTrace(args)],
      ["scopes", async (args) => ({ scopes: await this.#pauses.scopes(readNumber(args, "frameId")) })],
      ["exceptionInfo", () => this.#pauses.exceptionInfo],
      ["copyToGlobals", (args) => this.#inspection.copyToGlobals(args)],
    ]);
  }

  #guarded(holds: () => boolean, reason: string, handlers: readonly (readonly [string, Handler])[]) {
    return handlers.map(([command, handler]): readonly [string, Handler] => [
      command,
      (args) => {
        if (!holds()) throw new DebugError(`Cannot answer "${command}": ${reason}`);
        return handler(args);
      },
    ]);
  }

  #debugInfo(): Json {
    return {
      isStarted: this.#isStarted,
      ...cellPaths,
      breakpoints: this.#breakpoints.listed,
      stoppedThreads: this.#pauses.isStopped ? [mainThread.id] : [],
      richRendering: true,
      exceptionPaths: [],
      copyToGlobals: true,
    };
  }

  #initialize(args: Json): Json {
    this.#isStarted = true;
    this.#variables.isJupyterLab = (readString(args, "clientID") ?? "jupyterlab") === "jupyterlab";
    return capabilities;
  }

  async #attach(): Promise<Json> {
    if (!this.#isAttached) {
      this.#isAttached = true;
      this.#sleep = keepAwake();
      await this.#session.post("Debugger.enable");
      await this.#session.post("Debugger.setBlackboxPatterns", { patterns: [...hiddenPatterns] });
      await this.#session.post("Debugger.setInstrumentationBreakpoint", {
        instrumentation: "beforeScriptExecution",
      });
    }
    this.#event("initialized", {});
    return {};
  }

  async #detach(): Promise<Json> {
    this.#isStarted = false;
    this.#pauses.filters = new Set();
    if (this.#isAttached) {
      this.#isAttached = false;
      this.#pauses.resume();
      await this.#session.post("Debugger.disable");
      this.#pauses.forget();
      this.#sleep();
      this.#breakpoints.clear();
      this.#scripts.clear();
    }
    return {};
  }

  async #setBreakpoints(args: Json) {
    const path = requireString(readObject(args, "source"), "path");
    return this.#breakpoints.set(path, readBreakpoints(args));
  }

  async #setFilters(args: Json): Promise<Json> {
    const known: readonly ExceptionFilter[] = ["raised", "uncaught"];
    const wanted = readList(args, "filters");
    const filters = known.filter((filter) => wanted.includes(filter));
    this.#pauses.filters = new Set(filters);
    const state = filters.length > 0 ? "all" : "none"; // V8 takes what the kernel catches for caught
    await this.#session.post("Debugger.setPauseOnExceptions", { state });
    return { breakpoints: wanted.map((filter) => ({ verified: known.some((one) => one === filter) })) };
  }

  #stackTrace(args: Json): Json {
    const { frames } = this.#pauses;
    const start = readNumber(args, "startFrame") ?? 0;
    const levels = readNumber(args, "levels") || frames.length;
    const stackFrames = frames.slice(start, start + levels).map(({ inner: _, ...frame }) => frame);
    return { stackFrames, totalFrames: frames.length };
  }

  async #source(args: Json): Promise<Json> {
    const path = readString(readObject(args, "source"), "path") ?? "";
    const content = this.#scripts.source(path) ?? (await readFile(path, "utf8").catch(() => undefined));
    if (content === undefined) throw new DebugError("source unavailable");
    return { content, mimeType: path.endsWith(".ts") ? "text/typescript" : "text/javascript" };
  }

  #modules(args: Json): Json {
    const paths = this.#scripts.modules;
    const start = readNumber(args, "startModule") ?? 0;
    const count = readNumber(args, "moduleCount") || paths.length;
    const modules = paths.map((path, id) => ({ id, name: basename(path), path })).slice(start, start + count);
    return { modules, totalModules: paths.length };
  }

  #event(event: string, body: Json): void {
    this.#publish("debug_event", { type: "event", seq: ++this.#sequence, event, body });
  }
}

function connect(): Session {
  const session = new Session();
  session.connectToMainThread();
  return session;
}
