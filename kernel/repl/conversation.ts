import { isJson, type Json } from "../protocol";
import { type Completeness, type Completion, type Inspection } from "../session/api";
import { type Backend, type Ended, type Host } from "./backend";
import { type Link, type Received } from "./link";

/** How long a kernel that may be busy is waited for while somebody types. */
const typingMs = 1_000;

/** How long the outputs of a cell may come later than its reply. */
const idleMs = 5_000;

/** How a conversation begins. */
export interface ConversationOptions {
  /** The number of the next cell. */
  readonly cell: number;
  /** Whether cells are counted and noted in the history. */
  readonly store: boolean;
}

/** Cells that run in a kernel, by Jupyter's messages. */
export class Conversation implements Backend {
  readonly #link: Link;
  readonly #host: Host;
  readonly #store: boolean;
  #cell: number;
  /** The request of the cell that runs now, and what is to be done when its outputs have all come. */
  #running: string | undefined;
  #onIdle: (() => void) | undefined;
  #onGone: (() => void) | undefined;
  #failed: string | undefined;

  constructor(link: Link, host: Host, { cell, store }: ConversationOptions) {
    [this.#link, this.#host, this.#cell, this.#store] = [link, host, cell, store];
    link.listen({ onMessage: (message) => this.#take(message), onGone: () => this.#onGone?.() });
  }

  get cell(): number {
    return this.#cell;
  }

  /** Asks for the number of the next cell: a silent cell counts for nothing, but its reply tells the count. */
  async findCell(): Promise<void> {
    const content = await this.#ask("execute_request", {
      ...request("", false),
      silent: true,
      allow_stdin: false,
    });
    this.#count(content ?? {});
  }

  async run(code: string): Promise<Ended> {
    this.#failed = undefined;
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
    const gone = new Promise<undefined>((resolve) => {
      this.#onGone = () => resolve(undefined);
    });
    const id = this.#link.send("execute_request", request(code, this.#store));
    this.#running = id;
    const reply = await Promise.race([this.#link.reply(id), gone]);
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
    this.#count(reply);
    if (reply["status"] === "ok") return "ok";
    if (this.#failed === undefined) this.#host.output.fail(tracebackOf(reply));
    const name = this.#failed ?? reply["ename"];
    return name === "Interrupted" || name === "KeyboardInterrupt" ? "interrupted" : "error";
  }

  #count(reply: Json): void {
    if (typeof reply["execution_count"] === "number") this.#cell = reply["execution_count"] + 1;
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
    if (content?.["found"] !== true || !isJson(data)) return undefined;
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
    if (this.#running !== undefined) this.#link.interrupt();
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  /** Asks what is only needed while somebody types: no answer is none. */
  async #ask(type: string, content: Json): Promise<Json | undefined> {
    try {
      return (await this.#link.reply(this.#link.send(type, content), typingMs)).content;
    } catch {
      return undefined;
    }
  }

  /** What the kernel says on its own: outputs, of this client's cells and of others', and questions. */
  #take(message: Received): void {
    const { type, content, parent } = message;
    const { output } = this.#host;
    const own = parent === this.#running;
    const data = isJson(content["data"]) ? content["data"] : {};
    const transient = isJson(content["transient"]) ? content["transient"] : {};
    const id = typeof transient["display_id"] === "string" ? transient["display_id"] : undefined;
    if (type === "stream")
      output.print(content["name"] === "stderr" ? "stderr" : "stdout", String(content["text"]));
    else if (type === "display_data") output.show(data, id);
    else if (type === "update_display_data" && id !== undefined) output.update(data, id);
    else if (type === "execute_result") output.result(data, Number(content["execution_count"]));
    else if (type === "clear_output") output.clear(content["wait"] === true);
    else if (type === "error") {
      if (own) this.#failed = String(content["ename"]);
      output.fail(tracebackOf(content));
    } else if (type === "input_request") void this.#answer(message);
    else if (type === "status" && content["execution_state"] === "idle" && own) this.#onIdle?.();
  }

  async #answer(question: Received): Promise<void> {
    const { prompt, password } = question.content;
    try {
      const value = await this.#host.ask(textOf(prompt), password === true);
      if (value === undefined) this.interrupt();
      else this.#link.answer(question, value);
    } catch (error) {
      this.#link.refuse(question, error instanceof Error ? error : new Error(String(error)));
    }
  }
}

function request(code: string, store_history: boolean): Json {
  return { code, silent: false, store_history, user_expressions: {}, allow_stdin: true, stop_on_error: true };
}

function tracebackOf(content: Json): readonly string[] {
  const traceback: unknown = content["traceback"];
  if (Array.isArray(traceback) && traceback.length > 0) return traceback.map(String);
  return [`${textOf(content["ename"], "Error")}: ${textOf(content["evalue"], textOf(content["status"]))}`];
}

/** The kinds of completions, where the kernel tells them as IPython's does. */
function kindsOf(metadata: unknown): ReadonlyMap<string, string> {
  const types: unknown = isJson(metadata) ? metadata["_jupyter_types_experimental"] : undefined;
  const known: readonly unknown[] = Array.isArray(types) ? types : [];
  return new Map(known.filter(isJson).map(({ text, type }) => [String(text), String(type)]));
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
