import { basename } from "node:path";
import { type Json } from "../protocol";
import { type Completeness, type Completion, type Inspection } from "../session/api";
import { type Backend, type Ended, type Host } from "./backend";
import { Client, type Received } from "./client";

/** How long a kernel may take to say that it is there. */
const connectMs = 10_000;

/** How long a kernel that may be busy is waited for while somebody types. */
const typingMs = 1_000;

/** How long the outputs of a cell may come later than its reply. */
const idleMs = 5_000;

/**
 * Cells that run in a kernel which is running already, by its connection file.
 * @throws {NoAnswerError} if no kernel answers
 */
export async function createRemote(path: string, host: Host): Promise<Backend> {
  const remote = new Remote(path, host);
  await remote.start();
  return remote;
}

class Remote implements Backend {
  readonly #client: Client;
  readonly #host: Host;
  readonly #name: string;
  #cell = 1;
  /** The request of the cell that runs now, and what is to be done when its outputs have all come. */
  #running: string | undefined;
  #onIdle: (() => void) | undefined;
  #onGone: (() => void) | undefined;
  #failed: string | undefined;

  constructor(path: string, host: Host) {
    this.#host = host;
    this.#name = basename(path);
    this.#client = new Client(
      path,
      (message) => this.#take(message),
      () => this.#onGone?.(),
    );
  }

  get cell(): number {
    return this.#cell;
  }

  async start(): Promise<void> {
    await this.#client.request("shell", "kernel_info_request", {}, connectMs).catch((error: unknown) => {
      this.#client.close();
      throw new Error(
        `Cannot attach to kernel "${this.#name}": expected an answer in ${connectMs / 1000} s, got none`,
        {
          cause: error,
        },
      );
    });
    // A silent cell counts for nothing, but its reply tells the count.
    const { content } = await this.#client.request("shell", "execute_request", request("", true), connectMs);
    if (typeof content["execution_count"] === "number") this.#cell = content["execution_count"] + 1;
    process.on("SIGINT", () => this.interrupt());
  }

  async run(code: string): Promise<Ended> {
    this.#failed = undefined;
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
    const gone = new Promise<undefined>((resolve) => {
      this.#onGone = () => resolve(undefined);
    });
    const id = this.#client.send("shell", "execute_request", request(code, false, this.#host.remembers));
    this.#running = id;
    const reply = await Promise.race([this.#client.reply(id), gone]);
    if (reply !== undefined) {
      const timer = setTimeout(() => this.#onIdle?.(), idleMs);
      await idle;
      clearTimeout(timer);
    }
    this.#running = undefined;
    return this.#ended(
      reply?.content ?? { status: "error", ename: "DeadKernelError", evalue: "the kernel has ended" },
    );
  }

  /** How a cell ended, by its reply; why it failed is shown unless the kernel has shown that. */
  #ended(reply: Json): Ended {
    if (typeof reply["execution_count"] === "number") this.#cell = reply["execution_count"] + 1;
    if (reply["status"] === "ok") return "ok";
    if (this.#failed === undefined) this.#host.output.fail(tracebackOf(reply));
    const name = this.#failed ?? reply["ename"];
    return name === "Interrupted" || name === "KeyboardInterrupt" ? "interrupted" : "error";
  }

  async complete(code: string, position: number): Promise<Completion> {
    const content = await this.#ask("complete_request", { code, cursor_pos: codePoints(code, position) });
    const { matches, cursor_start, cursor_end, metadata } = content ?? {};
    const start = unitsOf(code, Number(cursor_start ?? 0));
    const end = unitsOf(code, Number(cursor_end ?? 0));
    const kinds = kindsOf(metadata);
    const texts: readonly unknown[] = Array.isArray(matches) ? matches : [];
    return { start, end, matches: texts.map(String).map((text) => ({ text, kind: kinds.get(text) ?? "" })) };
  }

  async inspect(code: string, position: number, detail: 0 | 1): Promise<Inspection | undefined> {
    const where = { code, cursor_pos: codePoints(code, position), detail_level: detail };
    const content = await this.#ask("inspect_request", where);
    const data = content?.["data"];
    if (content?.["found"] !== true || !isObject(data)) return undefined;
    const plain = textOf(data["text/plain"]);
    return { bundle: { "text/plain": plain, "text/markdown": textOf(data["text/markdown"], plain) } };
  }

  async isComplete(code: string): Promise<Completeness> {
    const content = await this.#ask("is_complete_request", { code });
    const { status, indent } = content ?? {};
    if (status === "incomplete") return { status, indent: typeof indent === "string" ? indent : "" };
    return { status: status === "complete" || status === "invalid" ? status : "unknown" };
  }

  async history(most: number): Promise<readonly string[]> {
    const wanted = { output: false, raw: true, hist_access_type: "tail", n: most };
    const content = await this.#ask("history_request", wanted);
    const entries: readonly unknown[] = Array.isArray(content?.["history"]) ? content["history"] : [];
    const inputs = entries.map((entry) => (Array.isArray(entry) ? String(entry[2]) : ""));
    return [...new Set(inputs.reverse())].reverse(); // each once, where it was used last
  }

  interrupt(): void {
    if (this.#running !== undefined) this.#client.send("control", "interrupt_request", {});
  }

  close(): Promise<void> {
    this.#client.close();
    return Promise.resolve();
  }

  /** Asks what is only needed while somebody types: no answer is none. */
  async #ask(type: string, content: Json): Promise<Json | undefined> {
    try {
      return (await this.#client.request("shell", type, content, typingMs)).content;
    } catch {
      return undefined;
    }
  }

  /** What the kernel says on its own: outputs, of this client's cells and of others', and questions. */
  #take({ type, content, parent, header }: Received): void {
    const { output } = this.#host;
    const own = parent === this.#running;
    const data = isObject(content["data"]) ? content["data"] : {};
    const transient = isObject(content["transient"]) ? content["transient"] : {};
    const id = typeof transient["display_id"] === "string" ? transient["display_id"] : undefined;
    if (type === "stream")
      output.print(content["name"] === "stderr" ? "stderr" : "stdout", String(content["text"]));
    else if (type === "display_data") output.show(data, id);
    else if (type === "update_display_data" && id !== undefined) output.update(data, id);
    else if (type === "execute_result") output.result(data, Number(content["execution_count"]), id);
    else if (type === "clear_output") output.clear(content["wait"] === true);
    else if (type === "error") {
      if (own) this.#failed = String(content["ename"]);
      output.fail(tracebackOf(content));
    } else if (type === "input_request") void this.#answer(content, header);
    else if (type === "status" && content["execution_state"] === "idle" && own) this.#onIdle?.();
  }

  async #answer(content: Json, header: Json): Promise<void> {
    const value = await this.#host.ask(textOf(content["prompt"]), content["password"] === true);
    if (value === undefined) this.interrupt();
    else this.#client.send("stdin", "input_reply", { status: "ok", value }, header);
  }
}

function request(code: string, silent: boolean, store = false): Json {
  return {
    code,
    silent,
    store_history: store || !silent,
    user_expressions: {},
    allow_stdin: !silent,
    stop_on_error: true,
  };
}

function tracebackOf(content: Json): readonly string[] {
  const traceback: unknown = content["traceback"];
  if (Array.isArray(traceback) && traceback.length > 0) return traceback.map(String);
  return [`${textOf(content["ename"], "Error")}: ${textOf(content["evalue"], textOf(content["status"]))}`];
}

/** The kinds of completions, where the kernel tells them as IPython's does. */
function kindsOf(metadata: unknown): ReadonlyMap<string, string> {
  const types: unknown = isObject(metadata) ? metadata["_jupyter_types_experimental"] : undefined;
  const known: readonly unknown[] = Array.isArray(types) ? types : [];
  return new Map(known.filter(isObject).map(({ text, type }) => [String(text), String(type)]));
}

/** Jupyter counts characters in code points, JavaScript in UTF-16 code units. */
function codePoints(text: string, units: number): number {
  return [...text.slice(0, units)].length;
}

function unitsOf(text: string, points: number): number {
  return [...text].slice(0, points).join("").length;
}

function textOf(value: unknown, otherwise = ""): string {
  return typeof value === "string" ? value : otherwise;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
