/** A small Jupyter client: enough to ask a kernel whether it works. */
import { Dealer, Subscriber } from "zeromq";
import { type Json } from "../protocol";
import { endpoint, type Connection } from "../wire/connection";
import { clientSecurity } from "../wire/curve";
import { MessageReader, MessageWriter, Signer } from "../wire/message";

/** A message that came in. */
export interface Received {
  readonly type: string;
  readonly content: Json;
  /** The id of the request that it answers. */
  readonly parent: string | undefined;
}

/** A connection to a running kernel. */
export class Client {
  readonly #reader: MessageReader;
  readonly #writer: MessageWriter;
  readonly #sockets: { readonly shell: Dealer; readonly control: Dealer; readonly iopub: Subscriber };

  constructor(connection: Connection) {
    const signer = new Signer(connection);
    [this.#reader, this.#writer] = [new MessageReader(signer), new MessageWriter(signer)];
    const options = { linger: 0, ...clientSecurity(connection) };
    this.#sockets = {
      shell: new Dealer(options),
      control: new Dealer(options),
      iopub: new Subscriber(options),
    };
    this.#sockets.shell.connect(endpoint(connection, "shell_port"));
    this.#sockets.control.connect(endpoint(connection, "control_port"));
    this.#sockets.iopub.connect(endpoint(connection, "iopub_port"));
    this.#sockets.iopub.subscribe();
  }

  /** Sends a request and waits for its reply. */
  async request(channel: "shell" | "control", type: string, content: Json): Promise<Received> {
    const id = this.#writer.nextId;
    const texts = { parent: "{}", metadata: "{}", content: JSON.stringify(content) };
    const frames = this.#writer.write({ prefix: [], type, ...texts, buffers: [] });
    await this.#sockets[channel].send(
      frames.map((frame) => (typeof frame === "string" ? frame : Buffer.from(frame))),
    );
    for (;;) {
      const reply = this.#decode(await this.#sockets[channel].receive());
      if (reply?.parent === id) return reply;
    }
  }

  /** The next message of the kernel to all. */
  async published(): Promise<Received> {
    for (;;) {
      const message = this.#decode(await this.#sockets.iopub.receive());
      if (message !== undefined) return message;
    }
  }

  close(): void {
    for (const socket of Object.values(this.#sockets)) socket.close();
  }

  /** A message with the right signature; anything else is nothing. */
  #decode(frames: readonly Buffer[]): Received | undefined {
    try {
      const { header, parent, content } = this.#reader.read(frames);
      const id = parent["msg_id"];
      return { type: header.msg_type, content, parent: typeof id === "string" ? id : undefined };
    } catch {
      return undefined;
    }
  }
}
