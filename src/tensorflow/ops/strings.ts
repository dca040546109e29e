/** Operations on string tensors, whose contents are bytes. */
import { attr } from "../runtime/attributes";
import { castTo, executeOne } from "../trace/execute";
import { readNumbers } from "../runtime/read";
import { dataType, tf } from "../runtime/runtime";

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

/**
 * Numbers that tell values apart: the 64-bit FarmHash of each row's bytes; of two that differ, one in 2^64 times the same.
 * @param rows  [count, …], of numbers
 * @returns     8 bytes a row, as integers 0…255
 * @see tf.fingerprint
 */
export function fingerprints(rows: tf.Tensor): Uint8Array {
  const bytes = readNumbers<"int32">(() => {
    const inputs = [rows, tf.scalar("farmhash64", "string")];
    return castTo(executeOne("Fingerprint", inputs, { T: attr.type(dataType(rows)) }), "int32");
  });
  return Uint8Array.from(bytes);
}
