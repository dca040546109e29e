import { ZmqServer } from "tslab/dist/jupyter";
import type { ExecuteRequest, Kernel, Publish } from "./kernel";

type Socket = ZmqServer["shell"];
type Message = Parameters<ZmqServer["handleExecute"]>[1];

/** How long the reply to a shutdown may take to leave before the process ends. */
const lingerMs = 50;

/** tslab's Jupyter sockets in front of our kernel. */
export class Server extends ZmqServer {
  readonly #kernel: Kernel;

  /** @param connectionFile  the JSON file in which Jupyter names ports and key */
  constructor(kernel: Kernel, connectionFile: string) {
    super(kernel, connectionFile);
    this.#kernel = kernel;
    keepAllOutput(this);
  }

  override async handleExecute(socket: Socket, message: Message): Promise<void> {
    const publish: Publish = (type, content) => this.#send(this.iopub, message, type, content);
    const request: ExecuteRequest = {
      code: String(Reflect.get(message.content, "code")),
      silent: Reflect.get(message.content, "silent") === true,
      stopOnError: Reflect.get(message.content, "stop_on_error") !== false,
      cellId: Reflect.get(message.metadata, "cellId"),
    };
    const content = await this.#kernel.executeCell(request, publish);
    this.#send(socket, message, "execute_reply", content);
  }

  override handleCommInfoRequest(socket: Socket, message: Message): void {
    this.#send(socket, message, "comm_info_reply", { status: "ok", comms: {} });
  }

  override handleShutdown(socket: Socket, message: Message): void {
    const restart: unknown = Reflect.get(message.content, "restart");
    this.#send(socket, message, "shutdown_reply", { status: "ok", restart: restart === true });
  }

  override close(): void {
    super.close();
    setTimeout(() => process.exit(0), lingerMs);
  }

  #send(socket: Socket | ZmqServer["iopub"], parent: Message, type: string, content: object): void {
    const message = parent.createReply();
    message.header.msg_type = type;
    message.content = content;
    message.signAndSend(this.connInfo.key, socket);
  }
}

/** Lifts ZeroMQ's limits of 1,000 unsent and 512 immediate messages, beyond which a loop that prints loses lines. */
function keepAllOutput(server: ZmqServer): void {
  let iopub: ZmqServer["iopub"];
  Object.defineProperty(server, "iopub", {
    get: () => iopub,
    set: (socket: ZmqServer["iopub"]) => {
      socket.sendHighWaterMark = 0;
      socket.sendTimeout = 0;
      iopub = socket;
    },
  });
}
