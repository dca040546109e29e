import { createDebugAdapter, type DebugAdapter } from "../debug/adapter";
import { type History } from "../history";
import { historyReply } from "../historyreply";
import { type Interrupter } from "../interrupt/interrupter";
import type { StreamName } from "../output/streams";
import { errorReply, replyType, type Json, type Request } from "../protocol";
import { Inputs } from "./inputs";
import { Joiner } from "./joiner";
import { log, logText } from "./log";
import { MessageReader, MessageWriter, type Incoming, type Signer } from "./message";
import { type Answered, type Body, type Posted } from "./post";
import { type Channel, type Receivers, type Sockets } from "./sockets";
import { Subshells } from "./subshells";
import { Usage } from "./usage";

/** What a server works with. */
export interface ServerOptions {
  readonly signer: Signer;
  /** The content of kernel_info_reply. */
  readonly info: Json;
  /** The content of connect_reply. */
  readonly ports: Json;
  readonly interrupter: Pick<Interrupter, "interrupt">;
  /** The user's history, opened when it is first needed. */
  readonly history: () => History;
  /** Gives the main thread a message, and the memory of these buffers. */
  readonly post: (message: Answered, buffers?: readonly Uint8Array[]) => void;
  /** Ends the process soon. */
  readonly end: (restart: boolean) => Promise<void>;
}

interface Broadcast extends Body {
  readonly type: string;
  readonly parent: string;
  readonly topic: Uint8Array | string;
}

type Answer = (request: Request) => Json | Promise<object>;

type Script = Parameters<DebugAdapter["script"]>[0];

/** So many scripts are remembered for a debugger that comes later. */
const scriptCapacity = 1000;

/** Answers what must be answered also when the main thread is busy, and hands the rest on to that. */
export class Server implements Receivers {
  readonly #options: ServerOptions;
  readonly #reader: MessageReader;
  readonly #writer: MessageWriter;
  readonly #inputs = new Inputs();
  readonly #subshells = new Subshells();
  readonly #usage = new Usage();
  readonly #printed = new Joiner((message) => void this.#transmit({ ...message, topic: message.type }));
  /** Made when it is first asked for: a debugger that is connected costs the main thread time. */
  #debug: DebugAdapter | undefined;
  readonly #scripts = new Map<string, Script>();
  readonly #answers: ReadonlyMap<string, Answer>;
  #sockets: Sockets | undefined;
  /** The requests that are worked on, as the JSON of their headers; that which came first is what the kernel is busy with. */
  readonly #busy = new Set<string>();
  /** The last cell that was begun, in the same form. */
  #cell: string | undefined;
  #debugParent = "{}";

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#reader = new MessageReader(options.signer);
    this.#writer = new MessageWriter(options.signer);
    this.#answers = new Map<string, Answer>([
      ["kernel_info_request", () => options.info],
      ["interrupt_request", () => (this.interrupt(), { status: "ok" })],
      ["shutdown_request", (request) => this.#shutdown(request)],
      ["debug_request", (request) => this.#debugRequest(request)],
      ["history_request", ({ content }) => historyReply(options.history(), content)],
      ["connect_request", () => options.ports],
      ["usage_request", () => this.#usage.answer()],
      ["create_subshell_request", () => this.#subshells.create()],
      ["delete_subshell_request", (request) => this.#subshells.delete(request)],
      ["list_subshell_request", () => this.#subshells.list()],
    ]);
  }

  /** Sends on these sockets from now on. */
  use(sockets: Sockets): void {
    this.#sockets = sockets;
  }

  /** Takes a message; one that is broken is logged and left. */
  receive(channel: Channel, frames: readonly Uint8Array[]): void {
    try {
      const message = this.#reader.read(frames);
      if (channel === "stdin") this.#takeInput(message);
      else this.#takeRequest({ channel, ...message });
    } catch (error) {
      log(`Cannot read message on ${channel}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Has the running cell stopped: its questions, its pauses, what it does. */
  interrupt(): void {
    this.#inputs.clear();
    this.#debug?.resume();
    this.#options.interrupter.interrupt();
  }

  /**
   * Tells those who listen to a topic that they now hear all that is published under it (JEP 65), and whether a cell runs:
   * a notebook server would take a kernel that it started anew for as busy as the one that crashed.
   */
  subscribed(topic: Uint8Array): void {
    const subscription = Buffer.from(topic).toString();
    void this.#publish("iopub_welcome", "{}", { subscription }, topic);
    const [first] = this.#busy;
    void this.#publish("status", first ?? "{}", { execution_state: first === undefined ? "idle" : "busy" });
  }

  /** Sends what the main thread posted; resolves when ZeroMQ has it. */
  async send(post: Posted): Promise<void> {
    if (post.kind === "publish") return this.#publishPost(post);
    if (post.kind === "reply") return this.#reply(post);
    if (post.kind === "input") return this.#ask(post);
    if (post.kind === "script") return this.#addScript(post);
    if (post.kind === "history") return this.#options.history().add(post.line, post.cell, post.cell);
    this.#printed.flush();
    await this.#sockets?.close();
    this.#options.post({ kind: "closed" });
  }

  /** Shows what was printed below JavaScript, in the last cell that was run. */
  print(name: StreamName, text: string): void {
    if (this.#cell === undefined) return logText(text);
    const content = JSON.stringify({ name, text });
    void this.#publishPost({
      kind: "publish",
      type: "stream",
      parent: this.#cell,
      content,
      metadata: "{}",
      buffers: [],
    });
  }

  #shutdown({ content }: Request): Json {
    this.#debug?.close(); // the main thread may be paused
    return { status: "ok", restart: content["restart"] === true };
  }

  #debugRequest({ header, content }: Request): Promise<object> {
    this.#debugParent = JSON.stringify(header);
    this.#debug ??= this.#createDebugger();
    return this.#debug.request(content);
  }

  #createDebugger(): DebugAdapter {
    const publish = (type: string, event: Json): void => void this.#publish(type, this.#debugParent, event);
    const adapter = createDebugAdapter({ publish });
    for (const script of this.#scripts.values()) adapter.script(script);
    this.#scripts.clear();
    return adapter;
  }

  #addScript(script: Script): void {
    if (this.#debug !== undefined) return this.#debug.script(script);
    this.#scripts.delete(script.url); // to the end of the queue
    this.#scripts.set(script.url, script);
    const [oldest] = this.#scripts.keys();
    if (this.#scripts.size > scriptCapacity && oldest !== undefined) this.#scripts.delete(oldest);
  }

  #takeRequest(request: Request): void {
    const refusal = this.#subshells.refuse(request);
    const answer = this.#answers.get(request.header.msg_type) ?? (refusal && (() => refusal));
    if (answer !== undefined) void this.#answer(request, answer);
    else this.#options.post({ kind: "request", request }, [...request.identities, ...request.buffers]);
  }

  async #answer(request: Request, answer: Answer): Promise<void> {
    const { channel, identities, header } = request;
    const parent = JSON.stringify(header);
    const type = replyType(header);
    void this.#begin(parent);
    const content = await contentOf(request, answer);
    const body = { content: JSON.stringify(content), metadata: "{}", buffers: [] };
    const replied = this.#reply({ kind: "reply", channel, identities, parent, type, ...body });
    if (type === "shutdown_reply") void this.#publish(type, parent, content);
    void this.#end(parent);
    if (type !== "shutdown_reply") return;
    await replied;
    await this.#options.end(request.content["restart"] === true);
  }

  #begin(parent: string): Promise<void> {
    this.#busy.add(parent);
    if (parent.includes('"msg_type":"execute_request"')) this.#cell = parent;
    return this.#publish("status", parent, { execution_state: "busy" });
  }

  #end(parent: string): Promise<void> {
    this.#busy.delete(parent);
    const idle = this.#publish("status", parent, { execution_state: "idle" });
    const [first] = this.#busy;
    if (first === undefined) return idle;
    // front ends that look at the last status only would take a kernel that still runs a cell for idle
    return this.#publish("status", first, { execution_state: "busy" });
  }

  #takeInput({ header, parent, identities, content }: Incoming): void {
    if (header.msg_type !== "input_reply")
      throw new TypeError(`expected input_reply, got "${header.msg_type}"`);
    const value = content["value"];
    if (typeof value !== "string") throw new TypeError(`expected a string as input, got ${typeof value}`);
    const id = this.#inputs.take(parent, identities);
    if (id === undefined) throw new Error("expected the answer to a question, got one that nobody waits for");
    this.#options.post({ kind: "input", id, value });
  }

  async #ask(post: Extract<Posted, { kind: "input" }>): Promise<void> {
    this.#printed.flush();
    this.#inputs.add(post.id, this.#writer.nextId, post.identities);
    const frames = this.#writer.write({ ...post, prefix: post.identities, type: "input_request" });
    await this.#sockets?.stdin.send(frames);
  }

  async #reply(post: Extract<Posted, { kind: "reply" }>): Promise<void> {
    await this.#sockets?.[post.channel].send(this.#writer.write({ ...post, prefix: post.identities }));
  }

  async #publishPost(post: Extract<Posted, { kind: "publish" }>): Promise<void> {
    if (this.#printed.take(post)) return;
    if (post.type === "status")
      return post.content.includes('"busy"') ? this.#begin(post.parent) : this.#end(post.parent);
    await this.#broadcast({ ...post, topic: post.type });
  }

  #publish(type: string, parent: string, content: object, topic: Uint8Array | string = type): Promise<void> {
    return this.#broadcast({
      type,
      parent,
      topic,
      content: JSON.stringify(content),
      metadata: "{}",
      buffers: [],
    });
  }

  #broadcast(message: Broadcast): Promise<void> {
    this.#printed.flush();
    return this.#transmit(message);
  }

  async #transmit(message: Broadcast): Promise<void> {
    await this.#sockets?.iopub.send(this.#writer.write({ ...message, prefix: [message.topic] }));
  }
}

async function contentOf(request: Request, answer: Answer): Promise<object> {
  try {
    return await answer(request);
  } catch (error) {
    return errorReply(error);
  }
}
