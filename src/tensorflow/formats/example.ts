/** tensorflow.Example, the message that a record holds: named lists of bytes or numbers. */
import { messageType } from "../runtime/protos";

/** One feature of an Example: a list of bytes, of 64-bit integers or of floats; made by `feature`. */
export type Feature =
  | { readonly bytes_list: { readonly value: readonly Uint8Array[] } }
  | { readonly int64_list: { readonly value: readonly number[] } }
  | { readonly float_list: { readonly value: readonly number[] } };

/** Makes features of an Example. */
export const feature = {
  /** Texts are written as UTF-8. */
  bytes: (...value: readonly (string | Uint8Array)[]): Feature => ({
    bytes_list: { value: value.map((item) => (typeof item === "string" ? Buffer.from(item) : item)) },
  }),
  int64: (...value: readonly number[]): Feature => ({ int64_list: { value } }),
  float: (...value: readonly number[]): Feature => ({ float_list: { value } }),
} as const;

const ExampleMessage = messageType("Example");

/**
 * The features of an Example.
 * @returns undefined if the bytes are none
 */
export function decodeExample(bytes: Uint8Array): Readonly<Record<string, Feature>> | undefined {
  try {
    const message = ExampleMessage.toObject(ExampleMessage.decode(bytes), { arrays: true }); // empty lists too
    return (message as { features?: { feature?: Record<string, Feature> } }).features?.feature ?? {};
  } catch {
    return undefined;
  }
}

/**
 * An Example as bytes, its features in the order given.
 * @example
 * encodeExample({ "image/class/label": feature.int64(3) }).length
 * // 30
 */
export function encodeExample(features: Readonly<Record<string, Feature>>): Uint8Array {
  return ExampleMessage.encode({ features: { feature: features } }).finish();
}
