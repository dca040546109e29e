import type { tf } from "../runtime/runtime";
import { flatten, unflatten, type TreeShape } from "./tree";

/** The form of a tree of tensors, which remembers the tree's type: takes such trees apart and puts them together. */
export class TreeForm<T> {
  private constructor(private readonly shape: TreeShape) {}

  /**
   * The form of a tree, and its tensors in order.
   * @param what  names the tree in the error
   * @throws {TypeError} if anything in the tree is not a tensor, array or plain record
   */
  static of<T>(tree: T, what: string): { readonly form: TreeForm<T>; readonly leaves: tf.Tensor[] } {
    const leaves: tf.Tensor[] = [];
    return { form: new TreeForm<T>(flatten(tree, leaves, what)), leaves };
  }

  /** The form of a single tensor. */
  static tensor<T extends tf.Tensor>(): TreeForm<T> {
    return new TreeForm<T>("tensor");
  }

  /** The form of an array of trees of these forms. */
  static list<T>(forms: readonly TreeForm<unknown>[]): TreeForm<T> {
    return new TreeForm<T>({ list: forms.map(({ shape }) => shape) });
  }

  /** The same form for trees of another type, e.g. of one more dimension. */
  as<U>(): TreeForm<U> {
    return new TreeForm<U>(this.shape);
  }

  /** The tree of this form that holds these tensors, in order. */
  build(leaves: readonly tf.Tensor[]): T {
    return unflatten(this.shape, leaves.values()) as T;
  }

  /** Whether another tree has the same form. */
  equals(other: TreeForm<unknown>): boolean {
    return JSON.stringify(this.shape) === JSON.stringify(other.shape);
  }
}
