/** A photo that waits for its answer. */
import { performance } from "node:perf_hooks";
import type { tf } from "../tensorflow";
import type { KnownPhoto } from "./batchphotos";
import type { PredictedPhoto } from "./predicted";

/** How a photo is asked about. */
export interface Asking {
  /** What PredictedPhoto calls it. */
  readonly name: string;
  /** Ends the waiting, at once. */
  readonly signal: AbortSignal | undefined;
}

/** From its coming to its answer. */
export class WaitingPhoto {
  readonly name: string;
  /** When it came, in milliseconds as performance.now() counts. */
  readonly since = performance.now();
  /** What is predicted, or why there is nothing. */
  readonly answer: Promise<PredictedPhoto>;
  /** Resolves when there is an image of it or an answer. */
  readonly ready: Promise<void>;
  /** Whether it is being decoded, or was. */
  isStarted = false;
  private decoded: tf.Tensor3D | undefined;
  private isAnswered = false;
  private give: (answer: PredictedPhoto) => void = () => undefined;
  private fail: (error: unknown) => void = () => undefined;
  private makeReady: () => void = () => undefined;
  private readonly drop: () => void;

  constructor(
    readonly photo: KnownPhoto,
    private readonly asking: Asking,
    private readonly onAnswered: (self: WaitingPhoto) => void,
  ) {
    this.name = asking.name;
    this.answer = new Promise((resolve, reject) => {
      this.give = resolve;
      this.fail = reject;
    });
    this.ready = new Promise((resolve) => {
      this.makeReady = resolve;
    });
    this.drop = () => this.reject(asking.signal?.reason);
    asking.signal?.addEventListener("abort", this.drop, { once: true });
  }

  /** What it was decoded to; undefined before, and when it has its answer. */
  get image(): tf.Tensor3D | undefined {
    return this.decoded;
  }

  /** Whether it has its answer, or nobody waits for it any more. */
  get isSettled(): boolean {
    return this.isAnswered;
  }

  /** Takes its image, which it disposes. */
  take(image: tf.Tensor3D): void {
    if (this.isAnswered) image.dispose();
    else this.decoded = image;
    this.makeReady();
  }

  resolve(answer: PredictedPhoto): void {
    if (this.end()) this.give(answer);
  }

  reject(error: unknown): void {
    if (this.end()) this.fail(error);
  }

  /** Whether this was the first answer. */
  private end(): boolean {
    if (this.isAnswered) return false;
    this.isAnswered = true;
    this.asking.signal?.removeEventListener("abort", this.drop);
    this.decoded?.dispose();
    this.decoded = undefined;
    this.onAnswered(this);
    this.makeReady();
    return true;
  }
}
