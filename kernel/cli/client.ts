/** A small Jupyter client: enough to ask a kernel whether it works. */
import { createHmac, randomUUID } from "node:crypto";
import { Dealer, Subscriber } from "zeromq";
import { type Json } from "../protocol";

/** The content of a connection file. */
export interface Connection {
  readonly transport: "tcp";
  readonly ip: string;
  readonly signature_scheme: "hmac-sha256";
  readonly key: string;
  readonly shell_port: number;
  readonly iopub_port: number;
  readonly stdin_port: number;
  readonly control_port: number;
  readonly hb_port: number;
}

/** A message that came in. */
export interface Received {
  readonly type: string;
  readonly content: Json;
  /** The id of the request that it answers. */
  readonly parent: string | undefined;
}

/** A connection to a running kernel. */
export class Client {
  readonly #key: string;
  readonly #session = randomUUID();
  readonly #sockets: { readonly shell: Dealer; readonly control: Dealer; readonly iopub: Subscriber };

  constructor({ ip, key, ...ports }: Connection) {
    this.#key = key;
    this.#sockets = { shell: new Dealer(), control: new Dealer(), iopub: new Subscriber() };
    for (const socket of Object.values(this.#sockets)) socket.linger = 0;
    this.#sockets.shell.connect(`tcp://${ip}:${ports.shell_port}`);
    this.#sockets.control.connect(`tcp://${ip}:${ports.control_port}`);
    this.#sockets.iopub.connect(`tcp://${ip}:${ports.iopub_port}`);
    this.#sockets.iopub.subscribe();
  }

  /** Sends a request and waits for its reply. */
  async request(channel: "shell" | "control", type: string, content: Json): Promise<Received> {
    const id = randomUUID();
    await this.#sockets[channel].send(this.#encode(id, type, content));
    for (;;) {
      const reply = decode(await this.#sockets[channel].receive());
      if (reply?.parent === id) return reply;
    }
  }

  /** The next message of the kernel to all. */
  async published(): Promise<Received> {
    for (;;) {
      const message = decode(await this.#sockets.iopub.receive());
      if (message !== undefined) return message;
    }
  }

  close(): void {
    for (const socket of Object.values(this.#sockets)) socket.close();
  }

  #encode(id: string, type: string, content: Json): (string | Buffer)[] {
    const header = {
      msg_id: id,
      msg_type: type,
      session: this.#session,
      username: "slimlab",
      date: new Date().toISOString(),
      version: "5.4",
    };
    const parts = [header, {}, {}, content].map((part) => JSON.stringify(part));
    const signature = createHmac("sha256", this.#key).update(parts.join("")).digest("hex");
    return ["<IDS|MSG>", signature, ...parts];
  }
}

function decode(frames: readonly Buffer[]): Received | undefined {
  const start = frames.findIndex((frame) => frame.toString() === "<IDS|MSG>");
  const [header, parent, , content] = frames.slice(start + 2, start + 6).map((frame) => parse(frame));
  if (start < 0 || header === undefined || content === undefined) return undefined;
  const id = parent?.["msg_id"];
  return { type: String(header["msg_type"]), content, parent: typeof id === "string" ? id : undefined };
}

function parse(frame: Buffer): Json | undefined {
  const value: unknown = JSON.parse(frame.toString());
  return isJson(value) ? value : undefined;
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null;
}
