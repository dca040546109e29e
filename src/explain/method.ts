/** What explains: a way from a network and images to heat. */
import type { Model } from "../model/model";
import type { Precision, tf } from "../tensorflow";
import type { Evidence, Run } from "./run";
import type { Score } from "./target";

/** What a method is given. Its tensors are the caller's. */
export interface Subject extends Run {
  readonly model: Model;
  /** float32 [batch, height, width, 3], preprocessed */
  readonly images: tf.Tensor4D;
  /** The number of each image that is to be explained. */
  readonly score: Score;
  /** The gradient by the endpoint's activation; computed when it is first asked for. */
  evidence(): Evidence;
  readonly work: Work;
}

/** How long work goes on. */
export interface Work {
  /** Rows that are computed at once, which bounds the memory. */
  readonly chunk: number;
  /** What methods of many passes compute in; see trace(). */
  readonly precision: Precision;
  /** Called after each chunk. */
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
  /** Stops between two chunks, with its reason as the error. */
  readonly signal?: AbortSignal | undefined;
}

/** A way to explain. */
export interface Method {
  readonly name: string;
  /** What its values are of: the cells of an endpoint, or the pixels of the images. */
  readonly of: "endpoint" | "pixels";
  /** What heat is: the part above 0 of the values, or their size whatever their sign. @default "positive" */
  readonly heat?: "positive" | "magnitude";
  /**
   * float32 [batch, h, w]: how much each place speaks for the score; or [batch, h, w, channels], of which that is the sum.
   * Run outside of tidy(): the caller disposes it, and the method all else that it makes.
   */
  values(subject: Subject): tf.Tensor | Promise<tf.Tensor>;
}
