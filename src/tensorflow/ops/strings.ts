/** Operations on string tensors, whose contents are bytes. */
import { attr } from "../runtime/attributes";
import { executeOne } from "../trace/execute";
import { tf } from "../runtime/runtime";

/**
 * Strings put together element by element; scalars go with every element.
 * @param parts      string tensors of one shape, or scalars
 * @param separator  what stands between the parts
 * @see tf.strings.join
 */
export function joinStrings(parts: readonly tf.Tensor[], separator = ""): tf.Tensor {
  return executeOne("StringJoin", parts, { N: attr.int(parts.length), separator: attr.string(separator) });
}

/**
 * The strings at so many places.
 * @param strings  string [count]
 * @param indices  int32, each 0 … count - 1
 * @returns        string, in the shape of the indices
 * @see tf.gather
 */
export function pickStrings(strings: tf.Tensor, indices: tf.Tensor): tf.Tensor {
  const int32 = attr.type("int32");
  const attrs = { Tparams: attr.type("string"), Tindices: int32, Taxis: int32 };
  return tf.tidy(() => executeOne("GatherV2", [strings, indices, tf.scalar(0, "int32")], attrs));
}

/** Each string with the letters A…Z small. @see tf.strings.lower */
export function lowerCase(strings: tf.Tensor): tf.Tensor {
  return executeOne("StringLower", [strings]);
}

/**
 * The number of bytes of each string.
 * @returns int32, in the shape of the strings
 * @see tf.strings.length
 */
export function stringLengths(strings: tf.Tensor): tf.Tensor {
  return executeOne("StringLength", [strings]);
}

/**
 * Whether each string matches a pattern from its beginning to its end.
 * @param pattern  in RE2's syntax
 * @returns        bool, in the shape of the strings
 * @throws {TensorFlowError} INVALID_ARGUMENT if the pattern is none
 * @see tf.strings.regex_full_match
 */
export function matchesPattern(strings: tf.Tensor, pattern: string): tf.Tensor {
  return tf.tidy(() => executeOne("RegexFullMatch", [strings, tf.scalar(pattern, "string")]));
}

/**
 * Each string as a number.
 * @returns float32, in the shape of the strings
 * @throws {TensorFlowError} INVALID_ARGUMENT if one is no number
 * @see tf.strings.to_number
 */
export function parseNumbers(strings: tf.Tensor): tf.Tensor {
  return executeOne("StringToNumber", [strings], { out_type: attr.type("float32") });
}
