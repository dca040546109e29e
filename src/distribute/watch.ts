/**
 * Notices when another process of the cluster is gone. A collective operation does not tell: who waits for a process that was
 * killed may wait for ever.
 *
 * It asks through TensorFlow's own server, which the collectives use, rather than by a socket of ours: no second port to open, a
 * process that computes for minutes still answers, and one that was started again is not taken for the one that was lost.
 */
import { setTimeout as wait } from "node:timers/promises";
import { checkPeer, TensorFlowError } from "../tensorflow";
import { nameOf, type Peer } from "./config";

/** Another process, by its rank. */
export type RankedPeer = Peer & { readonly rank: number };

/** What a watch needs. */
export interface WatchOptions {
  /** The others. */
  readonly peers: readonly RankedPeer[];
  /** How long one may not answer before it is gone. */
  readonly timeoutSecs: number;
  /** Called once, with the error that names who is gone. */
  readonly onGone: (error: Error) => void;
}

const CHECKS_A_TIMEOUT = 4;
const TRIES = 5; // of a look, after something failed
const BETWEEN_TRIES_MS = 200;

/** Asks the others from time to time whether they are there. */
export class Watch {
  private readonly seen: Map<RankedPeer, number>;
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;

  constructor(private readonly options: WatchOptions) {
    this.seen = new Map(options.peers.map((peer) => [peer, performance.now()]));
  }

  /** Begins; the event loop does not live on for it. */
  start(): void {
    const everyMs = (this.options.timeoutSecs * 1000) / CHECKS_A_TIMEOUT;
    this.timer = setTimeout(() => {
      void this.check().then((gone) => {
        if (this.isStopped) return;
        if (gone === undefined) this.start();
        else this.report(gone);
      });
    }, everyMs);
    this.timer.unref();
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  /** Looks at once: who does not answer now is gone, since something failed already. @returns whether somebody is */
  async look(): Promise<boolean> {
    for (let tries = 0; tries < TRIES; tries++) {
      if (tries > 0) await wait(BETWEEN_TRIES_MS);
      const errors = await this.errors();
      if (errors.size === 0) continue;
      this.report(goneError(errors, "no answer"));
      return true;
    }
    return false;
  }

  private report(error: Error): void {
    if (this.isStopped) return;
    this.stop();
    this.options.onGone(error);
  }

  /** The error if somebody has not answered for too long, or is another process than before. */
  private async check(): Promise<Error | undefined> {
    const errors = await this.errors();
    const { timeoutSecs } = this.options;
    const now = performance.now();
    const gone = [...errors].filter(
      ([peer, error]) => !isSilence(error) || now - (this.seen.get(peer) ?? now) >= timeoutSecs * 1000,
    );
    return gone.length === 0 ? undefined : goneError(new Map(gone), `no answer for ${timeoutSecs} s`);
  }

  /** Asks all, one after the other: the answers cost less than a millisecond. */
  private async errors(): Promise<Map<RankedPeer, unknown>> {
    const errors = new Map<RankedPeer, unknown>();
    const waitMs = Math.ceil((this.options.timeoutSecs * 1000) / CHECKS_A_TIMEOUT);
    for (const peer of this.options.peers) {
      try {
        await checkPeer(peer.rank, waitMs);
        this.seen.set(peer, performance.now());
      } catch (error) {
        errors.set(peer, error);
      }
    }
    return errors;
  }
}

/** Whether a check failed because there was no answer; any other error tells of an answer by somebody else. */
export function isSilence(error: unknown): boolean {
  return (
    error instanceof TensorFlowError && ["UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED"].includes(error.code)
  );
}

/** "worker 1 (10.0.0.2:2222)" */
export function addressed(peer: Peer): string {
  return `${nameOf(peer)} (${peer.address})`;
}

function goneError(errors: ReadonlyMap<RankedPeer, unknown>, silence: string): Error {
  const names = [...errors.keys()].map(addressed).join(" and ");
  const [cause] = errors.values();
  const got = isSilence(cause) ? silence : "another process in its place";
  return new Error(
    `Cannot go on in the cluster: expected ${names} to be there, got ${got}; start all processes again, and training goes on from the latest checkpoint`,
    { cause },
  );
}
