import { randomUUID } from "node:crypto";
import { type Json, type Request } from "../protocol";

/** The subshells of a kernel (JEP 91): each has a queue of cells of its own, on the one thread where all cells run. */
export class Subshells {
  readonly #ids = new Set<string>();

  /** Answers create_subshell_request. */
  create(): Json {
    const subshell_id = randomUUID();
    this.#ids.add(subshell_id);
    return { status: "ok", subshell_id };
  }

  /** Answers delete_subshell_request: its cells still come to their end, new ones are refused. */
  delete({ content }: Request): Json {
    const id = content["subshell_id"];
    return typeof id === "string" && this.#ids.delete(id) ? { status: "ok" } : unknown(id);
  }

  /** Answers list_subshell_request. */
  list(): Json {
    return { status: "ok", subshell_id: [...this.#ids] };
  }

  /**
   * Why a request can't be answered: it names a subshell that is not there. A comm message is in no queue, and always taken:
   * after a restart front ends go on to name the subshell that they had for it.
   */
  refuse({ header: { msg_type, subshell_id } }: Request): Json | undefined {
    if (typeof subshell_id !== "string" || this.#ids.has(subshell_id)) return undefined;
    return msg_type.startsWith("comm_") ? undefined : unknown(subshell_id);
  }
}

function unknown(id: unknown): Json {
  const evalue = `Unknown subshell_id ${JSON.stringify(id) ?? "undefined"}`;
  return { status: "error", ename: "UnknownSubshellError", evalue, traceback: [] };
}
