import { type Json } from "../protocol";

interface Pending {
  readonly id: number;
  /** Of the input_request. */
  readonly messageId: string;
  /** Who is asked. */
  readonly identity: string;
}

/** The questions to users that are not answered yet. */
export class Inputs {
  #pending: Pending[] = [];

  add(id: number, messageId: string, identities: readonly Uint8Array[]): void {
    this.#pending.push({ id, messageId, identity: nameOf(identities) });
  }

  /**
   * The question that an answer is to: the one it names; else, as jupyter_client's answers name none, the oldest that
   * was put to whom the answer is from.
   */
  take(parent: Json, identities: readonly Uint8Array[]): number | undefined {
    const identity = nameOf(identities);
    const named = parent["msg_id"];
    const found = this.#pending.find((each) =>
      named === undefined
        ? each.identity === identity
        : each.messageId === named && each.identity === identity,
    );
    this.#pending = this.#pending.filter((each) => each !== found);
    return found?.id;
  }

  /** Nobody waits for the answers any more. */
  clear(): void {
    this.#pending = [];
  }
}

function nameOf(identities: readonly Uint8Array[]): string {
  return identities.map((identity) => Buffer.from(identity).toString("hex")).join("/");
}
