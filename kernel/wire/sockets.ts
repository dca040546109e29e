import { Reply, Router, XPublisher } from "zeromq";
import { codeOf } from "../errorcode";
import { endpoint, type Connection } from "./connection";
import { serverSecurity } from "./curve";
import { log } from "./log";
import { type Frame } from "./message";
import type { Listening } from "./post";

/** ZeroMQ's ZMQ_USE_FD, which zeromq.js has no name for: a descriptor that listens already. */
const useFd = 89;

/** How long what was sent may take to leave after a socket was closed, in ms. */
const lingerMs = 250;

/** A socket's way out: one message after the other, as ZeroMQ wants it. */
export class Outlet {
  readonly #send: (frames: Frame[]) => Promise<void>;
  #last: Promise<void> = Promise.resolve();

  constructor(send: (frames: Frame[]) => Promise<void>) {
    this.#send = send;
  }

  /** Sends a message after those before it; resolves when ZeroMQ has it. */
  send(frames: Frame[]): Promise<void> {
    this.#last = this.#last
      .then(() => this.#send(frames))
      .catch((error: unknown) => log(`Cannot send message: ${String(error)}`));
    return this.#last;
  }

  /** Resolves when ZeroMQ has all messages. */
  sent(): Promise<void> {
    return this.#last;
  }
}

/** What messages come in on. */
export type Channel = "shell" | "control" | "stdin";

/** A kernel's five sockets. */
export interface Sockets {
  readonly shell: Outlet;
  readonly control: Outlet;
  readonly stdin: Outlet;
  readonly iopub: Outlet;
  /** Hands on what comes in, also what came before; called once, when what answers it can send. */
  serve(receivers: Receivers): void;
  /** Stops listening; what was sent leaves before, if somebody takes it. */
  close(): Promise<void>;
}

/** What is done about messages that come in. */
export interface Receivers {
  readonly receive: (channel: Channel, frames: readonly Uint8Array[]) => void;
  /** Somebody wants what is published under a topic; "" is all. */
  readonly subscribed: (topic: Uint8Array) => void;
}

/**
 * Listens as a connection file says.
 * @param listening  by what is listened there already
 * @throws {Error} if an address is in use or not of this machine
 */
export async function bindSockets(connection: Connection, listening?: Listening): Promise<Sockets> {
  // without limits on what waits to be sent: beyond them ZeroMQ throws messages away
  const security = serverSecurity(connection);
  const common = { linger: lingerMs, sendHighWaterMark: 0, ipv6: connection.ip.includes(":"), ...security };
  const router = (): Router => new Router({ ...common, handover: true });
  const [shell, control, stdin] = [router(), router(), router()];
  const iopub = new XPublisher({ ...common, verbosity: "allSubs" });
  const heartbeat = new Reply(common);
  const bindTo = (port: keyof Listening, socket: Bindable): Promise<void> =>
    bind(socket, endpoint(connection, port), listening?.[port]);
  const bound = await Promise.allSettled([
    bindTo("shell_port", shell),
    bindTo("control_port", control),
    bindTo("stdin_port", stdin),
    bindTo("iopub_port", iopub),
    bindTo("hb_port", heartbeat),
  ]);
  const failed = bound.find((result) => result.status === "rejected");
  if (failed !== undefined) {
    for (const socket of [shell, control, stdin, iopub, heartbeat]) socket.close();
    throw failed.reason;
  }
  let served: Promise<unknown> = Promise.resolve();
  const serve = (receivers: Receivers): void => {
    served = Promise.all([
      takeAll("shell", shell, (frames) => receivers.receive("shell", frames)),
      takeAll("control", control, (frames) => receivers.receive("control", frames)),
      takeAll("stdin", stdin, (frames) => receivers.receive("stdin", frames)),
      takeAll("iopub", iopub, ([frame]) => {
        if (frame?.[0] === 1) receivers.subscribed(frame.subarray(1));
      }),
      takeAll("heartbeat", heartbeat, (frames) => heartbeat.send(frames)),
    ]);
  };
  const outlets = {
    shell: new Outlet((frames) => shell.send(frames)),
    control: new Outlet((frames) => control.send(frames)),
    stdin: new Outlet((frames) => stdin.send(frames)),
    iopub: new Outlet((frames) => iopub.send(frames)),
  };
  const close = async (): Promise<void> => {
    await Promise.all(Object.values(outlets).map((outlet) => outlet.sent()));
    for (const socket of [shell, control, stdin, iopub, heartbeat]) socket.close();
    await served; // a thread that ends while a socket is read from has the process aborted
  };
  return { ...outlets, serve, close };
}

interface Bindable {
  bind(address: string): Promise<void>;
}

function setOption(socket: object, option: number, value: number): void {
  const set: unknown = Reflect.get(socket, "setInt32Option");
  if (typeof set !== "function") throw new TypeError("Cannot listen: expected a socket of zeromq.js 6");
  Reflect.apply(set, socket, [option, value]);
}

/** Jupyter chooses ports, but does not hold them until the kernel listens: meanwhile another program may get one. */
async function bind(socket: Bindable, address: string, descriptor: number | undefined): Promise<void> {
  try {
    if (descriptor !== undefined) setOption(socket, useFd, descriptor);
    await socket.bind(address);
  } catch (error) {
    const advice =
      codeOf(error) === "EADDRINUSE"
        ? ": another program has it; start the kernel again for other ports"
        : "";
    throw new Error(`Cannot listen at ${address}${advice}`, { cause: error });
  }
}

interface Readable {
  receive(): Promise<Buffer[]>;
  readonly closed: boolean;
}

/** Hands on what comes in until the socket is closed. */
async function takeAll(
  name: string,
  socket: Readable,
  take: (frames: Buffer[]) => void | Promise<void>,
): Promise<void> {
  while (!socket.closed) {
    try {
      await take(await socket.receive());
    } catch (error) {
      if (!socket.closed) log(`Cannot take message on ${name}: ${String(error)}`);
    }
  }
}
