import { isJson } from "../../../kernel/protocol";
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Breakpoint, type Scope, type StackFrame, type Variable } from "../../../kernel/debug/dap";
import { cellPath } from "../../../kernel/debug/path";
import { temporaryFolder } from "../../temporary";
import { until } from "../../until";

/** A response's body, with what tests look at. */
export interface Body extends Record<string, unknown> {
  readonly breakpoints: readonly Breakpoint[];
  readonly stackFrames: readonly StackFrame[];
  readonly scopes: readonly Scope[];
  readonly variables: readonly Variable[];
  readonly result: string;
  readonly variablesReference: number;
  readonly sourcePath: string;
}

export interface Response {
  readonly type: string;
  readonly success: boolean;
  readonly message?: string;
  readonly request_seq: number;
  readonly command: string;
  readonly body: Body;
}

export interface Ended {
  readonly status: "ok" | "error";
  readonly value: unknown;
}

type Message = { id?: number; response?: Response; status?: "ok" | "error"; value?: unknown } & Record<
  string,
  unknown
>;

/** A debugger's client of a program in a process of its own. */
export class Client {
  readonly #program: ChildProcess;
  readonly #socket: Socket;
  readonly #waiting = new Map<number, (message: Message) => void>();
  readonly events: Message[] = [];
  #wake = (): void => undefined;
  #ids = 0;

  private constructor(
    program: ChildProcess,
    socket: Socket,
    /** Where the program runs. */
    readonly folder: string,
  ) {
    this.#program = program;
    this.#socket = socket;
    createInterface(socket).on("line", (line) => {
      const message: unknown = JSON.parse(line);
      if (!isMessage(message)) return;
      if (message["type"] === "event") this.events.push(message);
      else if (message.id !== undefined) this.#waiting.get(message.id)?.(message);
      this.#wake();
    });
  }

  static async start(): Promise<Client> {
    const folder = temporaryFolder("debug");
    const program = spawn(process.execPath, [join(__dirname, "target.js")], {
      stdio: ["ignore", "pipe", "inherit"],
      cwd: folder,
    });
    const port: unknown = (await once(createInterface(program.stdout), "line"))[0];
    const socket = connect(Number(port), "127.0.0.1");
    await once(socket, "connect");
    return new Client(program, socket, folder);
  }

  /** Starts, and attaches as JupyterLab does. */
  static async attach(clientID = "test"): Promise<Client> {
    const client = await Client.start();
    await client.attach(clientID);
    return client;
  }

  async attach(clientID = "test"): Promise<void> {
    await this.request("initialize", { clientID });
    await this.request("attach");
    await this.event("initialized");
  }

  /** Lets all go on and attaches anew, without breakpoints. */
  async reset(): Promise<void> {
    await this.request("disconnect");
    this.events.length = 0;
    await this.attach();
  }

  async send(command: string, args: object = {}): Promise<Response> {
    const { response } = await this.#post({ type: "request", command, arguments: args });
    assert.ok(response !== undefined);
    return response;
  }

  /** The body of an answer that must be a success. */
  async request(command: string, args: object = {}): Promise<Body> {
    const { success, message, body } = await this.send(command, args);
    assert.ok(success, `${command}: ${message}`);
    return body;
  }

  async run(code: string): Promise<Ended> {
    const { status = "error", value } = await this.#post({ run: code });
    return { status, value };
  }

  /** Waits until a cell's variable has such a value, also while the cell runs. */
  sees(name: string, holds: (value: string | undefined) => boolean): Promise<void> {
    return until(name, async () => {
      const { variables } = await this.request("inspectVariables");
      return holds(variables.find((variable) => variable.name === name)?.value);
    });
  }

  /** The path by which the program knows a cell. */
  path(code: string): string {
    return cellPath(code).replace(`-${process.pid}`, `-${this.#program.pid}`);
  }

  interrupt(): void {
    this.#socket.write(`${JSON.stringify({ command: "(interrupt)" })}\n`);
  }

  /** Sets breakpoints in a cell, as JupyterLab does. */
  async breakAt(code: string, ...breakpoints: readonly object[]): Promise<Body> {
    const { sourcePath: path } = await this.request("dumpCell", { code });
    return this.request("setBreakpoints", { source: { path }, breakpoints });
  }

  /** The next event of a kind, past ones included once. */
  async event(kind: string): Promise<Record<string, unknown>> {
    for (;;) {
      const at = this.events.findIndex(({ event }) => event === kind);
      const [found] = at < 0 ? [] : this.events.splice(0, at + 1).slice(-1);
      if (found !== undefined) return isJson(found["body"]) ? { ...found["body"] } : {};
      await new Promise<void>((wake) => (this.#wake = wake));
    }
  }

  /** Waits until a cell is paused; gives its innermost frames and why it stopped. */
  async stopped(): Promise<{
    reason: unknown;
    frames: readonly StackFrame[];
    top: StackFrame;
    body: object;
  }> {
    const body = await this.event("stopped");
    const { stackFrames: frames } = await this.request("stackTrace", { threadId: 1 });
    const [top] = frames;
    assert.ok(top !== undefined);
    return { reason: body["reason"], frames, top, body };
  }

  /** The variables of a frame's scope, by name. */
  async scope(frameId: number, name: string): Promise<ReadonlyMap<string, Variable>> {
    const { scopes } = await this.request("scopes", { frameId });
    const found = scopes.find((scope) => scope.name === name);
    assert.ok(found !== undefined, `no ${name} among ${scopes.map((scope) => scope.name).join()}`);
    return this.expand(found.variablesReference);
  }

  async expand(variablesReference = 0, paging: object = {}): Promise<ReadonlyMap<string, Variable>> {
    const { variables } = await this.request("variables", { variablesReference, ...paging });
    return new Map(variables.map((variable) => [variable.name, variable]));
  }

  async close(): Promise<void> {
    const closed = once(this.#program, "exit");
    this.#socket.destroy();
    this.#program.kill("SIGKILL");
    await closed;
  }

  #post(message: object): Promise<Message> {
    const id = ++this.#ids;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#socket.write(`${JSON.stringify({ id, ...message })}\n`);
    });
  }
}

function isMessage(value: unknown): value is Message {
  return isJson(value);
}
