import { createDebugAdapter, type DebugAdapter } from "../debug/adapter";
import { type Interrupter } from "../interrupt/interrupter";
import { errorReply, replyType, type Json, type Request } from "../protocol";
import { Inputs } from "./inputs";
import { Joiner } from "./joiner";
import { log } from "./log";
import { MessageReader, MessageWriter, type Incoming, type Signer } from "./message";
import { type Answered, type Body, type Posted } from "./post";
import { type Channel, type Receivers, type Sockets } from "./sockets";

/** What a server works with. */
export interface ServerOptions {
  readonly signer: Signer;
  /** The content of kernel_info_reply. */
  readonly info: Json;
  readonly interrupter: Pick<Interrupter, "interrupt">;
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
  readonly #printed = new Joiner((message) => void this.#transmit({ ...message, topic: message.type }));
  /** Made when it is first asked for: a debugger that is connected costs the main thread time. */
  #debug: DebugAdapter | undefined;
  readonly #scripts = new Map<string, Script>();
  readonly #answers: ReadonlyMap<string, Answer>;
  #sockets: Sockets | undefined;
  /** What the main thread works on, as the JSON of the request's header. */
  #running: string | undefined;
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
    const execution_state = this.#running === undefined ? "idle" : "busy";
    void this.#publish("status", this.#running ?? "{}", { execution_state });
  }

  /** Sends what the main thread posted; resolves when ZeroMQ has it. */
  async send(post: Posted): Promise<void> {
    if (post.kind === "publish") return this.#publishPost(post);
    if (post.kind === "reply") return this.#reply(post);
    if (post.kind === "input") return this.#ask(post);
    if (post.kind === "script") return this.#addScript(post);
    this.#printed.flush();
    await this.#sockets?.close();
    this.#options.post({ kind: "closed" });
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
    const answer = this.#answers.get(request.header.msg_type);
    if (answer !== undefined) void this.#answer(request, answer);
    else this.#options.post({ kind: "request", request }, [...request.identities, ...request.buffers]);
  }

  async #answer(request: Request, answer: Answer): Promise<void> {
    const { channel, identities, header } = request;
    const parent = JSON.stringify(header);
    const type = replyType(header);
    void this.#publish("status", parent, { execution_state: "busy" });
    const content = await contentOf(request, answer);
    const body = { content: JSON.stringify(content), metadata: "{}", buffers: [] };
    const replied = this.#reply({ kind: "reply", channel, identities, parent, type, ...body });
    if (type === "shutdown_reply") void this.#publish(type, parent, content);
    void this.#publish("status", parent, { execution_state: "idle" });
    if (type === "shutdown_reply") {
      await replied;
      await this.#options.end(request.content["restart"] === true);
    } else if (this.#running !== undefined) {
      // front ends that look at the last status only would take a kernel that runs a cell for idle
      void this.#publish("status", this.#running, { execution_state: "busy" });
    }
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
    if (post.type === "status") this.#running = post.content.includes('"busy"') ? post.parent : undefined;
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
