import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { Dealer, Subscriber } from "zeromq";
import { type Json } from "../protocol";

/** A message of the kernel. */
export interface Received {
  readonly type: string;
  readonly content: Json;
  readonly metadata: Json;
  /** The id of the request that it belongs to. */
  readonly parent: string | undefined;
  /** Its own header, which an answer to it names as its parent. */
  readonly header: Json;
}

type Channel = "shell" | "control" | "stdin";

const delimiter = "<IDS|MSG>";

/** A request was not answered in time. */
export class NoAnswerError extends Error {
  override readonly name = "NoAnswerError";
}

/** A client of a running kernel. */
export class Client {
  readonly #key: string;
  readonly #session = randomUUID();
  readonly #channels: Readonly<Record<Channel, Dealer>>;
  readonly #iopub = new Subscriber();
  readonly #waiting = new Map<string, (reply: Received) => void>();
  readonly #onMessage: (message: Received) => void;
  /** A socket sends one message at a time. */
  #sending: Promise<void> = Promise.resolve();

  /**
   * @param path       the connection file
   * @param onMessage  takes what the kernel publishes, and its questions
   * @param onGone     is called when the kernel's process has ended
   * @throws {Error} if the file tells of no kernel
   */
  constructor(path: string, onMessage: (message: Received) => void, onGone: () => void) {
    const { key, address } = readConnection(path);
    this.#key = key;
    this.#onMessage = onMessage;
    const routingId = randomUUID(); // questions come back by the identity of the request
    const dealer = (): Dealer => new Dealer({ routingId, linger: 0 });
    this.#channels = { shell: dealer(), control: dealer(), stdin: dealer() };
    for (const [channel, socket] of Object.entries(this.#channels)) {
      socket.connect(address(`${channel}_port`));
      void this.#listen(socket, (message) => this.#take(message));
    }
    this.#channels.shell.events.on("disconnect", onGone);
    this.#iopub.linger = 0;
    this.#iopub.receiveHighWaterMark = 0; // a slow terminal must not lose output
    this.#iopub.connect(address("iopub_port"));
    this.#iopub.subscribe();
    void this.#listen(this.#iopub, this.#onMessage);
  }

  /** Sends a message. @returns its id, before it has left */
  send(channel: Channel, type: string, content: Json, parent: Json = {}): string {
    const id = randomUUID();
    const frames = this.#encode(id, type, content, parent);
    this.#sending = this.#sending.then(() => this.#channels[channel].send(frames)).catch(() => undefined);
    return id;
  }

  /**
   * Sends a request and gives its reply.
   * @throws {NoAnswerError} if there is none in time
   */
  async request(channel: Channel, type: string, content: Json, timeoutMs?: number): Promise<Received> {
    return this.reply(this.send(channel, type, content), timeoutMs);
  }

  /** The reply to a request that was just sent. */
  reply(id: string, timeoutMs?: number): Promise<Received> {
    return new Promise((resolve, reject) => {
      const timer =
        timeoutMs === undefined
          ? undefined
          : setTimeout(() => {
              this.#waiting.delete(id);
              reject(
                new NoAnswerError(`Cannot reach kernel: expected an answer in ${timeoutMs} ms, got none`),
              );
            }, timeoutMs);
      this.#waiting.set(id, (reply) => {
        clearTimeout(timer);
        resolve(reply);
      });
    });
  }

  close(): void {
    for (const socket of [...Object.values(this.#channels), this.#iopub]) socket.close();
  }

  #take(message: Received): void {
    const waiting = message.parent === undefined ? undefined : this.#waiting.get(message.parent);
    if (waiting === undefined || !message.type.endsWith("_reply")) return this.#onMessage(message);
    this.#waiting.delete(message.parent ?? "");
    waiting(message);
  }

  async #listen(socket: Dealer | Subscriber, take: (message: Received) => void): Promise<void> {
    for await (const frames of socket) {
      const message = this.#decode(frames);
      if (message !== undefined) take(message);
    }
  }

  #encode(id: string, type: string, content: Json, parent: Json): (string | Buffer)[] {
    const header = {
      msg_id: id,
      msg_type: type,
      session: this.#session,
      username: "slimlab",
      date: new Date().toISOString(),
      version: "5.4",
    };
    const parts = [header, parent, {}, content].map((part) => JSON.stringify(part));
    return [delimiter, this.#sign(parts), ...parts];
  }

  /** A message with the right signature; anything else is nothing. */
  #decode(frames: readonly Buffer[]): Received | undefined {
    const start = frames.findIndex((frame) => frame.toString("latin1") === delimiter);
    const [signature, ...parts] = frames.slice(start + 1);
    if (start === -1 || signature === undefined || parts.length < 4) return undefined;
    const expected = Buffer.from(this.#sign(parts.slice(0, 4)));
    if (expected.length !== signature.length || !timingSafeEqual(expected, signature)) return undefined;
    const [header, parent, metadata, content] = parts.slice(0, 4).map(parseObject);
    if (header === undefined || metadata === undefined || content === undefined) return undefined;
    const parentId = parent?.["msg_id"];
    return {
      type: String(header["msg_type"]),
      content,
      metadata,
      header,
      parent: typeof parentId === "string" ? parentId : undefined,
    };
  }

  #sign(parts: readonly (string | Buffer)[]): string {
    if (this.#key === "") return "";
    const hmac = createHmac("sha256", this.#key);
    for (const part of parts) hmac.update(part);
    return hmac.digest("hex");
  }
}

interface Connection {
  readonly key: string;
  address(port: string): string;
}

function readConnection(path: string): Connection {
  const connection = parseObject(readFileSync(path));
  const fail = (name: string): never => {
    throw new Error(`Cannot read connection file "${path}": expected "${name}" in a JSON object, got none`);
  };
  const { key, transport = "tcp", ip = "127.0.0.1" } = connection ?? {};
  if (typeof key !== "string") return fail("key");
  return {
    key,
    address: (name) => {
      const port = connection?.[name];
      if (typeof port !== "number") return fail(name);
      return `${String(transport)}://${String(ip)}${transport === "ipc" ? "-" : ":"}${port}`;
    },
  };
}

function parseObject(bytes: Buffer): Json | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
