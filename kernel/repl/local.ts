import { hideMarks, offerSignal } from "../cell";
import { openHistory, type History } from "../history";
import { historyReply } from "../historyreply";
import { hearSignals, type Signals } from "../interrupt/signals";
import { Interrupted } from "../interrupt/interrupts";
import { Kernel } from "../kernel";
import { redirectStream } from "../output/streams";
import { type Json, type Request, type ToWire } from "../protocol";
import { protocolVersion } from "../wire/message";
import { type Backend, type Host } from "./backend";
import { Conversation } from "./conversation";
import { Replies, type Link, type LinkEvents, type Received } from "./link";
import { openSession } from "../session/open";

/** Cells that run in this process: by the notebook's kernel, without its sockets. */
export async function createLocal(host: Host): Promise<Backend> {
  const link = new Inside(host);
  await link.start();
  return new Conversation(link, host, { cell: 1, store: true });
}

interface Question {
  readonly resolve: (line: string) => void;
  readonly reject: (error: Error) => void;
}

class Inside implements Link {
  readonly #host: Host;
  #events: LinkEvents | undefined;
  readonly #session = openSession();
  readonly #history: History;
  readonly #kernel: Kernel;
  readonly #replies = new Replies();
  /** Questions that the user has not answered, by number. */
  readonly #questions = new Map<number, Question>();
  #signals: Signals | undefined;
  #sent = 0;

  constructor(host: Host) {
    this.#host = host;
    this.#history = openHistory(host.interactive ? {} : { environment: { SLIMLAB_HISTORY: "off" } });
    this.#kernel = new Kernel({
      session: this.#session,
      note: (line, cell) => this.#history.add(line, cell, cell),
      handlers: { history_request: ({ content }) => historyReply(this.#history, content) },
      send: (message) => this.#hear(message),
      ask: (request, prompt, password) => this.#question(request, prompt, password),
    });
  }

  async start(): Promise<void> {
    offerSignal();
    hideMarks();
    for (const name of ["stdout", "stderr"] as const) redirectStream(name);
    for (const event of ["uncaughtException", "unhandledRejection"]) {
      process.on(event, (error: unknown) => {
        if (error instanceof Interrupted) return; // shown as the end of its cell
        this.#host.stray(this.#session.describe(error).traceback);
      });
    }
    this.#signals = await hearSignals(() => this.#kernel.interrupt());
    if (this.#host.interactive) await this.#session.warm();
  }

  listen(events: LinkEvents): void {
    this.#events = events;
  }

  send(type: string, content: Json): string {
    const header = {
      msg_type: type,
      msg_id: String(++this.#sent),
      session: "",
      username: "",
      date: "",
      version: protocolVersion,
    };
    const request: Request = { channel: "shell", identities: [], header, metadata: {}, content, buffers: [] };
    this.#kernel.receive(request);
    return header.msg_id;
  }

  reply(id: string, timeoutMs?: number): Promise<Received> {
    return this.#replies.wait(id, timeoutMs);
  }

  answer({ header }: Received, value: string): void {
    this.#questions.get(Number(header["id"]))?.resolve(value);
  }

  refuse({ header }: Received, error: Error): void {
    this.#questions.get(Number(header["id"]))?.reject(error);
  }

  interrupt(): void {
    this.#kernel.interrupt();
  }

  /** The session lasts as long as the process: what cells left running may still fail, and is shown by their lines. */
  async close(): Promise<void> {
    this.#history.close();
    await this.#signals?.close();
  }

  #hear(message: ToWire): void {
    if (message.kind === "reply") {
      const { type, content, to } = message;
      this.#replies.take({ type, content, parent: to.header.msg_id, header: {} });
    } else if (message.kind === "publish") {
      const { type, content, parent } = message;
      this.#events?.onMessage({ type, content, parent: parent?.msg_id, header: {} });
    }
  }

  #question({ header }: Request, prompt: string, password: boolean): Promise<string> {
    const id = ++this.#sent;
    const content = { prompt, password };
    const line = new Promise<string>((resolve, reject) => this.#questions.set(id, { resolve, reject }));
    this.#events?.onMessage({ type: "input_request", content, parent: header.msg_id, header: { id } });
    return line.finally(() => this.#questions.delete(id));
  }
}
