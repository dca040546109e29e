import { MessagePort } from "node:worker_threads";
import { type FromWire, type ToWire } from "../protocol";
import { type Connection } from "./connection";

/** Descriptors that listen at a connection's ports already. */
export type Listening = Readonly<
  Record<"shell_port" | "control_port" | "stdin_port" | "iopub_port" | "hb_port", number>
>;

/** What the wire thread is started with. */
export interface WireData {
  readonly connection: Connection;
  readonly listening: Listening | undefined;
  /** The end of the mailbox, and the memory it shares with the main thread's. */
  readonly port: MessagePort;
  readonly mailbox: SharedArrayBuffer;
  /** Of the main thread's guard and family. */
  readonly guard: SharedArrayBuffer;
  readonly family: SharedArrayBuffer;
  /** Whether it is to read what is printed below JavaScript. */
  readonly prints: boolean;
}

/** Whether a thread was started as the wire thread. */
export function isWireData(data: unknown): data is WireData {
  if (typeof data !== "object" || data === null) return false;
  const { port, mailbox, guard, family, connection }: { [name in keyof WireData]?: unknown } = data;
  const memories = [mailbox, guard, family].every((memory) => memory instanceof SharedArrayBuffer);
  return memories && port instanceof MessagePort && connection !== undefined;
}

/** JSON texts and bytes of a message: made by the main thread, which alone may run a value's toJSON(). */
export interface Body {
  readonly content: string;
  readonly metadata: string;
  readonly buffers: readonly Uint8Array[];
}

/** What the main thread posts: as ToWire, but as flat and small as it can be. */
export type Posted =
  | (Body & {
      readonly kind: "reply";
      readonly channel: "shell" | "control";
      readonly identities: readonly Uint8Array[];
      /** The request's header as JSON. */
      readonly parent: string;
      readonly type: string;
    })
  | (Body & { readonly kind: "publish"; readonly parent: string; readonly type: string })
  | (Body & {
      readonly kind: "input";
      readonly id: number;
      readonly identities: readonly Uint8Array[];
      readonly parent: string;
    })
  | Extract<ToWire, { kind: "script" | "history" | "close" }>;

/** What wakes the wire thread. */
export type Bell =
  /** There is something in the mailbox. */
  | "mail"
  /** The main thread has heard the last interrupt. */
  | "taken";

/** What the wire thread posts. */
export type Answered =
  FromWire | { readonly kind: "failed"; readonly error: Error } | { readonly kind: "closed" };
