// First, since it is about all that is loaded after it.
import { writeCompiled } from "../start/compiled";
import { parentPort, workerData, type MessagePort } from "node:worker_threads";
import { openHistory, type History } from "../history";
import { createInterrupter, onInterruptSignal } from "../interrupt/interrupter";
import { Family } from "../interrupt/family";
import type { StreamName } from "../output/streams";
import { portsOf } from "./connection";
import { loadDescriptors, type Marks } from "./descriptors";
import { kernelInfo } from "./info";
import { endSoon, watchParent } from "./lifetime";
import { log, logTo } from "./log";
import { Inbox } from "./mailbox";
import { Signer } from "./message";
import { isWireData, type Answered, type Bell, type Posted, type WireData } from "./post";
import { Printed } from "./printed";
import { Server } from "./server";
import { bindSockets } from "./sockets";

/** The thread with the sockets: never busy, so that it hears and answers while a cell runs. */
async function main(port: MessagePort, data: WireData): Promise<void> {
  const post = (message: Answered, buffers: readonly Uint8Array[] = []): void => {
    port.postMessage(message, memoryOf(buffers));
  };
  const family = new Family(data.family);
  const end = async (restart: boolean): Promise<void> => {
    await family.end();
    post({ kind: "shutdown", restart });
    endSoon(() => family.kill());
  };
  const interrupter = createInterrupter(() => post({ kind: "interrupt" }), data);
  let history: History | undefined;
  const server = new Server({
    signer: new Signer(data.connection),
    info: kernelInfo(),
    ports: portsOf(data.connection),
    history: () => (history ??= openHistory({ warn: log })),
    interrupter,
    post,
    end,
  });
  const inbox = createInbox(data, server);
  port.on("message", (bell: Bell) => {
    if (bell === "taken") interrupter.taken();
    else void inbox.take();
  });
  const sockets = await bindSockets(data.connection, data.listening);
  server.use(sockets);
  sockets.serve(server); // not before: what came in while others were bound is answered at once
  onInterruptSignal(() => server.interrupt());
  watchParent(() => void end(false));
  post({ kind: "bound" });
  writeCompiled();
}

/** What the main thread posts, in order with what is printed below its JavaScript. */
function createInbox({ port, mailbox, prints }: WireData, server: Server): Inbox<Posted, Marks | undefined> {
  const descriptors = prints ? loadDescriptors() : undefined;
  if (descriptors !== undefined) logTo(descriptors.capture()[1]);
  const print = (name: StreamName, text: string): void => server.print(name, text);
  const printed = descriptors && new Printed(descriptors, () => void inbox.take(), print);
  const inbox = new Inbox<Posted, Marks | undefined>(port, mailbox, {
    use: (message, mark) => {
      if (mark !== undefined) printed?.upTo(mark);
      return server.send(message);
    },
    mark: () => printed?.marks,
    onEmpty: (mark) => {
      if (mark !== undefined) printed?.upTo(mark);
      printed?.arm();
    },
  });
  return inbox;
}

/** The memory of buffers, which is given away. */
function memoryOf(buffers: readonly Uint8Array[]): ArrayBuffer[] {
  return buffers.flatMap(({ buffer }) => (buffer instanceof ArrayBuffer ? [buffer] : []));
}

/** Serves; what prevents that is told the main thread. */
async function start(port: MessagePort, data: unknown): Promise<void> {
  try {
    if (!isWireData(data))
      throw new TypeError("Cannot start: expected to be a worker that openWire() starts");
    await main(port, data);
  } catch (error) {
    const answer: Answered = {
      kind: "failed",
      error: error instanceof Error ? error : new Error(String(error)),
    };
    port.postMessage(answer);
    process.exit(); // of this thread
  }
}

if (parentPort !== null) void start(parentPort, workerData);
