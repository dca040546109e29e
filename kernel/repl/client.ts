import { randomUUID } from "node:crypto";
import { Dealer, Subscriber } from "zeromq";
import { type Json } from "../protocol";
import { endpoint, readConnection } from "../wire/connection";
import { clientSecurity } from "../wire/curve";
import { MessageReader, MessageWriter, Signer } from "../wire/message";
import { Replies, type Link, type LinkEvents, type Received } from "./link";

/** How long a kernel may take to say that it is there. */
const connectMs = 10_000;

type Channel = "shell" | "control" | "stdin";

/**
 * Attaches to the running kernel that a connection file tells of.
 * @throws {Error} if the file is not right, or no kernel answers
 */
export async function connectToKernel(path: string): Promise<Link> {
  const client = new Client(path);
  try {
    await client.reply(client.send("kernel_info_request", {}), connectMs);
  } catch (cause) {
    await client.close();
    const expected = `expected an answer in ${connectMs / 1000} s, got none`;
    throw new Error(`Cannot attach to the kernel of "${path}": ${expected}`, { cause });
  }
  return client;
}

class Client implements Link {
  readonly #channels: Readonly<Record<Channel, Dealer>>;
  readonly #iopub: Subscriber;
  readonly #reader: MessageReader;
  readonly #writer: MessageWriter;
  readonly #replies = new Replies();
  #events: LinkEvents | undefined;
  /** A socket sends one message at a time. */
  #sending: Promise<void> = Promise.resolve();

  constructor(path: string) {
    const connection = readConnection(path);
    const signer = new Signer(connection);
    [this.#reader, this.#writer] = [new MessageReader(signer), new MessageWriter(signer)];
    const routingId = randomUUID(); // questions come back by the identity of the request
    const security = clientSecurity(connection);
    const dealer = (): Dealer => new Dealer({ routingId, linger: 0, ...security });
    const { shell, control, stdin } = (this.#channels = {
      shell: dealer(),
      control: dealer(),
      stdin: dealer(),
    });
    shell.connect(endpoint(connection, "shell_port"));
    control.connect(endpoint(connection, "control_port"));
    stdin.connect(endpoint(connection, "stdin_port"));
    shell.events.on("disconnect", () => this.#events?.onGone());
    // a slow terminal must not lose output
    this.#iopub = new Subscriber({ linger: 0, receiveHighWaterMark: 0, ...security });
    this.#iopub.connect(endpoint(connection, "iopub_port"));
    this.#iopub.subscribe();
    for (const socket of [shell, control, stdin, this.#iopub]) void this.#listen(socket);
  }

  listen(events: LinkEvents): void {
    this.#events = events;
  }

  send(type: string, content: Json): string {
    return this.#send("shell", type, content);
  }

  reply(id: string, timeoutMs?: number): Promise<Received> {
    return this.#replies.wait(id, timeoutMs);
  }

  answer(question: Received, value: string): void {
    this.#send("stdin", "input_reply", { status: "ok", value }, question.header);
  }

  /** Jupyter's protocol has no way to refuse an answer. */
  refuse(): void {
    this.interrupt();
  }

  interrupt(): void {
    this.#send("control", "interrupt_request", {});
  }

  async close(): Promise<void> {
    await this.#sending;
    for (const socket of [...Object.values(this.#channels), this.#iopub]) socket.close();
  }

  async #listen(socket: Dealer | Subscriber): Promise<void> {
    for await (const frames of socket) {
      const message = this.#read(frames);
      if (message !== undefined && !this.#replies.take(message)) this.#events?.onMessage(message);
    }
  }

  /** A message with the right signature; anything else is nothing. */
  #read(frames: readonly Buffer[]): Received | undefined {
    try {
      const { header, parent, content } = this.#reader.read(frames);
      const id = parent["msg_id"];
      return {
        type: header.msg_type,
        content,
        parent: typeof id === "string" ? id : undefined,
        header: { ...header },
      };
    } catch {
      return undefined;
    }
  }

  #send(channel: Channel, type: string, content: Json, parent: Json = {}): string {
    const id = this.#writer.nextId;
    const texts = { parent: JSON.stringify(parent), metadata: "{}", content: JSON.stringify(content) };
    const frames = this.#writer.write({ prefix: [], type, ...texts, buffers: [] });
    this.#sending = this.#sending
      .then(() =>
        this.#channels[channel].send(
          frames.map((frame) => (typeof frame === "string" ? frame : Buffer.from(frame))),
        ),
      )
      .catch(() => undefined); // closed: whoever waits for the reply finds out
    return id;
  }
}
