import { randomUUID } from "node:crypto";
import { currentCell } from "./cell";
import { isJson, type Extras, type Json, type Request } from "./protocol";

/** Both ends of a channel between a cell and the front end, such as a widget's. */
export interface Comm {
  readonly id: string;
  readonly target: string;
  /** @param buffers  binary data that goes beside the JSON */
  send(data: Json, buffers?: readonly Uint8Array[], metadata?: Json): void;
  /** Ends it on both sides. */
  close(data?: Json): void;
  /** Called for each message of the front end. */
  onMessage(handler: (data: Json, buffers: readonly Uint8Array[]) => unknown): void;
  /** Called when the front end closes it. */
  onClose(handler: (data: Json) => unknown): void;
}

/** Is told of comms that the front end opens. */
export type CommTarget = (comm: Comm, data: Json, buffers: readonly Uint8Array[]) => unknown;

/** The cells' global `comm`. */
export interface CommApi {
  /** Opens a comm to a target that the front end knows. */
  open(target: string, data?: Json, buffers?: readonly Uint8Array[], metadata?: Json): Comm;
  /** Takes the comms that the front end opens to a target; another call replaces the handler. */
  register(target: string, handler: CommTarget): void;
}

interface Open {
  readonly comm: Comm;
  /** What the target does with the new comm: messages that come before it listens wait until that is done. */
  opening: unknown;
  message: ((data: Json, buffers: readonly Uint8Array[]) => unknown) | undefined;
  closed: (data: Json) => unknown;
}

const ignore = (): void => undefined;

/** The comms of a kernel. */
export class Comms implements CommApi {
  readonly #open = new Map<string, Open>();
  readonly #targets = new Map<string, CommTarget>();

  open(target: string, data: Json = {}, buffers: readonly Uint8Array[] = [], metadata: Json = {}): Comm {
    const { comm } = this.#create(randomUUID(), target);
    publish("comm_open", { comm_id: comm.id, target_name: target, data }, { buffers, metadata });
    return comm;
  }

  register(target: string, handler: CommTarget): void {
    this.#targets.set(target, handler);
  }

  /** What comm_info_reply lists. */
  list(target: unknown): Json {
    const entries = [...this.#open.values()].filter(
      ({ comm }) => typeof target !== "string" || target === "" || comm.target === target,
    );
    return Object.fromEntries(entries.map(({ comm }) => [comm.id, { target_name: comm.target }]));
  }

  /** A comm_open, comm_msg or comm_close of the front end; what a handler throws or rejects with goes on to the caller. */
  async receive(request: Request): Promise<void> {
    const { content, buffers, header } = request;
    const id = String(content["comm_id"]);
    const data = isJson(content["data"]) ? content["data"] : {};
    const open = this.#open.get(id);
    if (header.msg_type === "comm_open") {
      const target = String(content["target_name"]);
      const handler = this.#targets.get(target);
      if (handler === undefined) return publish("comm_close", { comm_id: id, data: {} }); // as the protocol asks
      const created = this.#create(id, target);
      await (created.opening = handler(created.comm, data, buffers));
    } else if (header.msg_type === "comm_msg") {
      if (open !== undefined && open.message === undefined) await settled(open.opening);
      await open?.message?.(data, buffers);
    } else {
      this.#open.delete(id);
      await open?.closed(data);
    }
  }

  #create(id: string, target: string): Open {
    const comm: Comm = {
      id,
      target,
      send: (data, buffers = [], metadata = {}) => {
        if (!this.#open.has(id))
          throw new Error(`Cannot send: expected an open comm, got the closed "${target}"`);
        publish("comm_msg", { comm_id: id, data }, { buffers, metadata });
      },
      close: (data = {}) => {
        if (this.#open.delete(id)) publish("comm_close", { comm_id: id, data });
      },
      onMessage: (handler) => {
        open.message = handler;
      },
      onClose: (handler) => {
        open.closed = handler;
      },
    };
    const open: Open = { comm, opening: undefined, message: undefined, closed: ignore };
    this.#open.set(id, open);
    return open;
  }
}

/** Waits for work whose failure others tell of. */
async function settled(work: unknown): Promise<void> {
  await Promise.resolve(work).catch(() => undefined);
}

function publish(type: string, content: Json, extras?: Extras): void {
  currentCell()?.publish(type, content, extras);
}
