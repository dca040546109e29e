import { randomUUID } from "node:crypto";
import { offerSignal, runAs, type Cell } from "../../kernel/cell";
import { Comms } from "../../kernel/comm";
import { Kept, offerFrontEnd } from "../../kernel/frontend";
import { createGlobals } from "../../kernel/globals";
import { Interruption } from "../../kernel/interrupt/interrupts";
import { NotebookScreen } from "../../kernel/output/notebook";
import type { Json } from "../../kernel/protocol";

/** What the kernel has sent. */
export interface Sent {
  readonly type: string;
  readonly content: Json;
  readonly data: Json;
  readonly buffers: readonly Uint8Array[];
}

/** The kernel's part that widgets speak to, and what it sends to the page; one at a time, since it stands in a global symbol. */
export class Page {
  readonly sent: Sent[] = [];
  readonly #comms = new Comms();
  #interruption = new Interruption();

  constructor() {
    offerSignal();
    const globals = createGlobals(new NotebookScreen(), this.#comms, () => undefined);
    const describe = (thrown: unknown) =>
      ({ status: "error", ename: "Error", evalue: String(thrown), traceback: [] }) as const;
    offerFrontEnd({ globals, kept: new Kept(), describe });
  }

  /** Runs code of a cell. */
  run<T>(work: () => T): T {
    return runAs(this.#cell(), work);
  }

  /** What the user does who presses the square button. */
  interrupt(): void {
    this.#interruption.interrupt();
    this.#interruption = new Interruption();
  }

  /** What has been sent since it was asked last. */
  take(): readonly Sent[] {
    return this.sent.splice(0);
  }

  /** A message of the page: comm_msg, comm_open or comm_close. */
  receive(type: string, content: Json, buffers: readonly Uint8Array[] = []): Promise<void> {
    const header = {
      msg_id: randomUUID(),
      msg_type: type,
      session: "",
      username: "",
      date: "",
      version: "5.4",
    };
    const request = { channel: "shell", identities: [], header, metadata: {}, content, buffers } as const;
    return runAs(this.#cell(), () => this.#comms.receive(request));
  }

  /** What a view sends when its user has changed values. */
  update(
    comm_id: string,
    state: Json,
    buffer_paths: readonly unknown[] = [],
    buffers: readonly Uint8Array[] = [],
  ) {
    return this.receive("comm_msg", { comm_id, data: { method: "update", state, buffer_paths } }, buffers);
  }

  #cell(): Cell {
    return {
      interruption: this.#interruption,
      publish: (type, content, { buffers = [] } = {}) => {
        this.sent.push({ type, content, data: objectOf(content["data"]), buffers });
      },
    };
  }
}

/** A JSON object as one, anything else as an empty one. */
export function objectOf(value: unknown): Json {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
