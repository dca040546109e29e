import { once } from "node:events";
import { join } from "node:path";
import { MessageChannel, Worker } from "node:worker_threads";
import { Family } from "../interrupt/family";
import { type Guard } from "../interrupt/guard";
import { type Extras, type FromWire, type Header, type Json, type ToWire } from "../protocol";
import { readConnection } from "./connection";
import { newMarks, type Descriptors } from "./descriptors";
import { writeJson } from "./json";
import { createMailboxMemory, Outbox } from "./mailbox";
import { type Answered, type Bell, type Body, type Listening, type Posted, type WireData } from "./post";

/** Options of openWire(). */
export interface WireOptions {
  /** The main thread's: what it runs under it is not interrupted. */
  readonly guard: Guard;
  /** Its children: they hear interrupts while it waits for them, and end with the session. @default none */
  readonly family?: Family;
  /** What is printed below JavaScript, for the cells. @default it goes where it went */
  readonly descriptors?: Descriptors;
  /** By what the process listens at the connection's ports already; the thread takes it over. @default it begins to */
  readonly listening?: Listening | undefined;
  /** Hears if the thread with the sockets ends before close(). @default throws the error as an uncaught one */
  readonly onFailure?: (error: Error) => void;
}

/** The main thread's side of Jupyter's sockets. */
export interface Wire {
  /** Has messages handled from now on, those that are there already included; one handler at a time. */
  on(handler: (message: FromWire) => void): void;
  /**
   * Sends a message; what it holds may be changed afterwards. Returns at once, unless 64 MiB wait to be sent.
   * @throws {TypeError} if the content cannot be written as JSON
   */
  send(message: ToWire): void;
  /** Sends what waits, stops listening and ends the thread, unless that has to see the process end. */
  close(): Promise<void>;
}

/**
 * Starts the thread with the sockets that a connection file names; it serves when the promise resolves.
 * @throws {Error} if the file is not right, or an address is in use
 */
export async function openWire(connectionFile: string, options: WireOptions): Promise<Wire> {
  const connection = readConnection(connectionFile);
  const { port1: port, port2 } = new MessageChannel();
  const mailbox = createMailboxMemory();
  const { guard, family = new Family(), descriptors, listening } = options;
  const workerData: WireData = {
    connection,
    listening,
    port: port2,
    mailbox,
    guard: guard.memory,
    family: family.memory,
    prints: descriptors !== undefined,
  };
  const worker = new Worker(join(__dirname, "worker.js"), {
    workerData,
    transferList: [port2],
    resourceLimits,
  });
  const outbox = new Outbox(
    port,
    mailbox,
    () => ring(worker, "mail"),
    descriptors === undefined ? () => undefined : newMarks(descriptors),
  );
  const wire = new WorkerWire(worker, outbox, options);
  try {
    await wire.bound;
  } catch (error) {
    await worker.terminate();
    throw new Error(`Cannot listen as "${connectionFile}" says`, { cause: error });
  }
  return wire;
}

/** Of the thread: nothing lives long in it, so that more young garbage than this, in MB, would only take memory. */
const resourceLimits = { maxYoungGenerationSizeMb: 6 };

function ring(worker: Worker, bell: Bell): void {
  worker.postMessage(bell);
}

class WorkerWire implements Wire {
  readonly bound: Promise<void>;
  readonly #worker: Worker;
  readonly #outbox: Outbox;
  readonly #guard: Guard;
  readonly #waiting: FromWire[] = [];
  #handler: ((message: FromWire) => void) | undefined;
  #onClosed: () => void = () => undefined;
  #onFailure: (error: Error) => void;
  #ending = false;
  /** Whether the process is to end: the thread sees to it then. */
  #shutdown = false;

  constructor(worker: Worker, outbox: Outbox, { guard, onFailure = rethrow }: WireOptions) {
    this.#worker = worker;
    this.#guard = guard;
    this.#outbox = outbox;
    this.#onFailure = onFailure;
    this.bound = new Promise((resolve, reject) => {
      this.#onFailure = reject;
      worker.on("message", (message: Answered) => {
        if (message.kind === "bound") {
          this.#onFailure = onFailure;
          resolve();
        } else this.#receive(message);
      });
    });
    process.on("exit", this.#closeAtExit);
    worker.on("error", (error) => this.#fail(error));
    worker.on("exit", () => this.#fail(new Error("The thread with Jupyter's sockets ended")));
  }

  on(handler: (message: FromWire) => void): void {
    this.#handler = handler;
    for (const message of this.#waiting.splice(0)) handler(message);
  }

  send(message: ToWire): void {
    const post = toPost(message);
    this.#guard.whole(() => this.#outbox.send(post, sizeOf(post))); // half of it would leave all that follows unsent
  }

  async close(): Promise<void> {
    if (this.#ending) return;
    this.#end();
    const closed = new Promise<void>((resolve) => (this.#onClosed = resolve));
    this.send({ kind: "close" });
    await Promise.race([closed, once(this.#worker, "exit")]);
    if (!this.#shutdown) await this.#worker.terminate();
  }

  #receive(message: Answered): void {
    if (message.kind === "failed") return this.#fail(message.error);
    if (message.kind === "closed") return this.#onClosed();
    if (message.kind === "interrupt") ring(this.#worker, "taken");
    if (message.kind === "shutdown") this.#shutdown = true;
    if (this.#handler === undefined) this.#waiting.push(message);
    else this.#handler(message);
  }

  #fail(error: Error): void {
    if (this.#ending) return;
    this.#end();
    this.#onFailure(error);
  }

  #end(): void {
    this.#ending = true;
    process.off("exit", this.#closeAtExit);
  }

  /** Sends what waits also if the process ends without close(); zeromq.js has it aborted if it ends with open sockets. */
  readonly #closeAtExit = (): void => {
    this.#end();
    this.send({ kind: "close" });
    this.#outbox.flush();
  };
}

function rethrow(error: Error): void {
  throw error;
}

const noJson = "{}";
const headerTexts = new WeakMap<Header, string>();

/** A header as JSON: a cell that prints has it asked for with each line. */
function headerText(header: Header | undefined): string {
  if (header === undefined) return noJson;
  const text = headerTexts.get(header) ?? JSON.stringify(header);
  headerTexts.set(header, text);
  return text;
}

function toPost(message: ToWire): Posted {
  switch (message.kind) {
    case "publish": {
      const { kind, type, parent, content, extras } = message;
      return { kind, type, parent: headerText(parent), ...bodyOf(type, content, extras) };
    }
    case "reply": {
      const { kind, type, to, content, extras } = message;
      const { channel, identities, header } = to;
      return {
        kind,
        type,
        channel,
        identities,
        parent: headerText(header),
        ...bodyOf(type, content, extras),
      };
    }
    case "input": {
      const { kind, id, parent, content } = message;
      const { identities, header } = parent;
      return { kind, id, identities, parent: headerText(header), ...bodyOf("input_request", content) };
    }
    default:
      return message;
  }
}

function bodyOf(type: string, content: Json, { metadata, buffers = [] }: Extras = {}): Body {
  try {
    return {
      content: type === "stream" ? JSON.stringify(content) : writeJson(content), // a stream is texts alone, and many
      metadata: metadata === undefined ? noJson : writeJson(metadata),
      buffers: buffers.map((buffer) => new Uint8Array(buffer)), // else all memory behind a view would be posted
    };
  } catch (error) {
    throw new TypeError(`Cannot send ${type}: expected content that JSON can write`, { cause: error });
  }
}

function sizeOf(post: Posted): number {
  if (!("content" in post)) return 1;
  return post.buffers.reduce((sum, { byteLength }) => sum + byteLength, post.content.length);
}
