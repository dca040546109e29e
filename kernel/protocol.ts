/** The messages of Jupyter's protocol 5.5, as the kernel's threads hand them to each other. */

/** A JSON object, such as a message's content. */
export type Json = Readonly<Record<string, unknown>>;

/** Whether a value is a JSON object. */
export function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export interface Header {
  readonly msg_id: string;
  readonly msg_type: string;
  readonly session: string;
  readonly username: string;
  readonly date: string;
  readonly version: string;
  /** The subshell whose cells it is to run among; null and absent are the main shell. */
  readonly subshell_id?: string | null;
}

/** What a message answers: who sent the request, and the request's header. */
export interface Parent {
  /** ZeroMQ's routing prefix of the requester. */
  readonly identities: readonly Uint8Array[];
  readonly header: Header;
}

/** A request that came in whole and with the right signature. */
export interface Request extends Parent {
  readonly channel: "shell" | "control";
  readonly metadata: Json;
  readonly content: Json;
  readonly buffers: readonly Uint8Array[];
}

/** What may go with a message's content. */
export interface Extras {
  readonly metadata?: Json;
  readonly buffers?: readonly Uint8Array[];
}

/** What the main thread says to the thread that has the sockets, in order. */
export type ToWire =
  | {
      readonly kind: "reply";
      readonly to: Request;
      readonly type: string;
      readonly content: Json;
      readonly extras?: Extras;
    }
  | {
      readonly kind: "publish";
      readonly parent: Header | undefined;
      readonly type: string;
      readonly content: Json;
      readonly extras?: Extras;
    }
  | { readonly kind: "input"; readonly id: number; readonly parent: Parent; readonly content: Json }
  /** Where a cell's script stands: for the debugger. `lines[i]` is the cell's line (from 1) of script line i + 1, 0 for none. */
  | {
      readonly kind: "script";
      readonly url: string;
      readonly source: string;
      readonly lines: readonly number[];
    }
  /** A cell that begins: for the history. */
  | { readonly kind: "history"; readonly line: number; readonly cell: string }
  /** The last message: what was sent before still goes out. */
  | { readonly kind: "close" };

/** What the thread with the sockets says to the main thread. */
export type FromWire =
  | { readonly kind: "bound" }
  | { readonly kind: "request"; readonly request: Request }
  | { readonly kind: "input"; readonly id: number; readonly value: string }
  /** The user wants the running cell to stop. */
  | { readonly kind: "interrupt" }
  | { readonly kind: "shutdown"; readonly restart: boolean };

/** The type of the message that answers a request. */
export function replyType({ msg_type }: Header): string {
  return msg_type.replace(/_request$/, "_reply");
}

/** The content of a reply to a request that could not be answered. */
export function errorReply(thrown: unknown): Json {
  const { name, message, stack = "" } = thrown instanceof Error ? thrown : new Error(String(thrown));
  return { status: "error", ename: name, evalue: message, traceback: stack.split("\n") };
}
