import { inspect } from "node:util";
import { tf } from "../runtime/runtime";

/** Tensors in arrays and records, nested as you like. */
export type TensorTree = tf.Tensor | readonly TensorTree[] | { readonly [key: string]: TensorTree };

/** The form of a tree without its tensors: enough to build it again from a list. */
export type TreeShape =
  | "tensor"
  | { readonly list: readonly TreeShape[] }
  | { readonly record: readonly (readonly [string, TreeShape])[] };

/**
 * The tensors of a tree in order, appended to `leaves`, and its form.
 * @param what  names the value in the error, e.g. `argument 0 of "step"`
 * @throws {TypeError} if anything in the tree is not a tensor, array or plain record
 * @throws {Error} if a tensor is disposed
 */
export function flatten(tree: unknown, leaves: tf.Tensor[], what: string): TreeShape {
  if (isTensor(tree)) {
    if (tree.isDisposed)
      throw new Error(
        `Cannot use ${what}: expected a live tensor, got a disposed one [${tree.shape.join(",")}]`,
      );
    leaves.push(tree);
    return "tensor";
  }
  if (Array.isArray(tree))
    return { list: tree.map((child: unknown, i) => flatten(child, leaves, `${what}[${i}]`)) };
  if (isRecord(tree)) {
    return {
      record: Object.entries(tree).map(
        ([key, child]) => [key, flatten(child, leaves, `${what}.${key}`)] as const,
      ),
    };
  }
  throw new TypeError(
    `Cannot use ${what}: expected a tensor, or an array or record of tensors, got ${kindOf(tree)}`,
  );
}

/** The tree of a form whose tensors are the next ones of `leaves`. */
export function unflatten(shape: TreeShape, leaves: Iterator<tf.Tensor>): TensorTree {
  if (shape === "tensor") {
    const next = leaves.next();
    if (next.done === true) throw new RangeError("Cannot rebuild tensors: expected another, got none");
    return next.value;
  }
  if ("list" in shape) return shape.list.map((child) => unflatten(child, leaves));
  return Object.fromEntries(shape.record.map(([key, child]) => [key, unflatten(child, leaves)]));
}

function isTensor(value: unknown): value is tf.Tensor {
  return value instanceof tf.Tensor;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // A notebook cell's object literals come from another realm: their prototype is that realm's Object.prototype.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "object") return value.constructor.name;
  return typeof value === "function" ? "function" : `${typeof value} ${inspect(value).slice(0, 40)}`;
}
