/** A front end by hand: nothing of the kernel's own protocol code, so that both can't be wrong alike. */
import { spawn, type ChildProcess } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Dealer, Request, Subscriber } from "zeromq";
import { type Connection } from "../../../kernel/wire/connection";
import { writeConnection } from "../../../kernel/wire/newconnection";

export interface Message {
  readonly channel: string;
  readonly header: Record<string, unknown>;
  readonly parent: Record<string, unknown>;
  readonly metadata: Record<string, unknown>;
  readonly content: Record<string, unknown>;
  readonly buffers: readonly Buffer[];
}

type Channel = "shell" | "control" | "stdin";

const kernelFlags = ["--no-force-async-hooks-checks"];

/** A started kernel and a front end that is connected to it. */
export class Client {
  readonly session = randomUUID();
  readonly sockets = {
    shell: new Dealer({ routingId: this.session, linger: 0 }),
    control: new Dealer({ routingId: this.session, linger: 0 }),
    stdin: new Dealer({ routingId: this.session, linger: 0 }),
    iopub: new Subscriber({ receiveHighWaterMark: 0, linger: 0 }),
    heartbeat: new Request({ linger: 0 }),
  };

  /** Resolves when all sockets are connected: what a kernel sends to one that is not yet is lost. */
  readonly connected: Promise<unknown>;

  constructor(readonly connection: Connection) {
    this.connected = Promise.all(
      Object.values(this.sockets).map(
        (socket) => new Promise<void>((resolve) => socket.events.on("handshake", () => resolve())),
      ),
    );
    const { ip, shell_port, control_port, stdin_port, iopub_port, hb_port } = connection;
    this.sockets.shell.connect(`tcp://${ip}:${shell_port}`);
    this.sockets.control.connect(`tcp://${ip}:${control_port}`);
    this.sockets.stdin.connect(`tcp://${ip}:${stdin_port}`);
    this.sockets.iopub.connect(`tcp://${ip}:${iopub_port}`);
    this.sockets.iopub.subscribe();
    this.sockets.heartbeat.connect(`tcp://${ip}:${hb_port}`);
  }

  /** A message's frames, signed. */
  frames(
    type: string,
    content: object,
    parent: object = {},
    id: string = randomUUID(),
    metadata = {},
    subshell?: string,
  ): Buffer[] {
    const header = {
      msg_id: id,
      msg_type: type,
      session: this.session,
      username: "test",
      date: new Date().toISOString(),
      version: "5.5",
      ...(subshell !== undefined && { subshell_id: subshell }),
    };
    return this.sign([header, parent, metadata, content].map((part) => Buffer.from(JSON.stringify(part))));
  }

  sign(parts: readonly Buffer[]): Buffer[] {
    const hmac = createHmac("sha256", this.connection.key);
    for (const part of parts) hmac.update(part);
    return [Buffer.from("<IDS|MSG>"), Buffer.from(hmac.digest("hex")), ...parts];
  }

  /** Sends a request; gives its id. */
  async send(
    channel: Channel,
    type: string,
    content: object,
    buffers: Buffer[] = [],
    metadata: object = {},
    subshell?: string,
  ): Promise<string> {
    const id = randomUUID();
    const frames = this.frames(type, content, {}, id, metadata, subshell);
    await this.sockets[channel].send([...frames, ...buffers]);
    return id;
  }

  async receive(channel: Channel | "iopub"): Promise<Message> {
    return decode(channel, await this.sockets[channel].receive());
  }

  /** Sends a request and waits for its reply. */
  async request(
    channel: "shell" | "control",
    type: string,
    content: object = {},
    buffers: Buffer[] = [],
  ): Promise<Message> {
    const id = await this.send(channel, type, content, buffers);
    for (;;) {
      const message = await this.receive(channel);
      if (message.parent["msg_id"] === id) return message;
    }
  }

  /** What is published for a request, until it is idle. */
  async published(id: unknown): Promise<Message[]> {
    const messages: Message[] = [];
    for (;;) {
      const message = await this.receive("iopub");
      if (message.parent["msg_id"] !== id) continue;
      messages.push(message);
      if (message.content["execution_state"] === "idle") return messages;
    }
  }

  close(): void {
    for (const socket of Object.values(this.sockets)) socket.close();
  }
}

export interface Kernel {
  readonly process: ChildProcess;
  readonly client: Client;
  readonly file: string;
  /** What the kernel wrote to its standard error. */
  readonly log: () => string;
  close(): Promise<void>;
}

/** Starts the tiny kernel, or another program that takes a connection file; gives it when it listens. */
export async function startKernel(
  program = join(__dirname, "main.js"),
  options: { readonly cwd?: string; readonly detached?: boolean } = {},
): Promise<Kernel> {
  const folder = mkdtempSync(join(tmpdir(), "slimlab-wire-"));
  const file = join(folder, "kernel.json");
  const client = new Client(await writeConnection(file));
  const child = spawn(process.execPath, [...kernelFlags, program, file], {
    ...options,
    env: { ...process.env, SLIMLAB_HISTORY: "off" },
    stdio: ["ignore", "inherit", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (data) => (log += String(data)));
  const close = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    }
    client.close();
    rmSync(folder, { recursive: true });
  };
  await client.connected;
  return { process: child, client, file, log: () => log, close };
}

function decode(channel: string, frames: readonly Buffer[]): Message {
  const start = frames.findIndex((frame) => frame.toString() === "<IDS|MSG>");
  const [header = {}, parent = {}, metadata = {}, content = {}] = frames
    .slice(start + 2, start + 6)
    .map((frame) => parse(frame));
  return { channel, header, parent, metadata, content, buffers: frames.slice(start + 6) };
}

function parse(frame: Buffer): Record<string, unknown> {
  const value: unknown = JSON.parse(frame.toString());
  return typeof value === "object" && value !== null ? { ...value } : {};
}
