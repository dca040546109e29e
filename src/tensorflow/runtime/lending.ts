import type { Native } from "./native";

/**
 * Handles lent to calls that run, which may overwrite their memory with what is to replace them. Who asks for one meanwhile
 * takes the whole loan back first, and so finds its values as they were; or, if the call overwrites them already, as they will be.
 */
export class Lending {
  private readonly loans = new Map<number, ReadonlySet<number>>();

  constructor(private readonly native: Pick<Native, "recallLent">) {}

  /** Gives what to call when the call has ended. */
  lend(handles: readonly number[]): () => void {
    const loan = new Set(handles);
    for (const handle of loan) this.loans.set(handle, loan);
    return () => this.forget(loan);
  }

  /** To be called before a handle is read, shared or freed. */
  recall(handle: number): void {
    const loan = this.loans.size === 0 ? undefined : this.loans.get(handle);
    if (loan === undefined) return;
    this.native.recallLent(handle);
    this.forget(loan);
  }

  private forget(loan: ReadonlySet<number>): void {
    for (const handle of loan) if (this.loans.get(handle) === loan) this.loans.delete(handle);
  }
}
