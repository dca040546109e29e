/** What checkpoints hold, to be compared bit for bit. */
import { createHash } from "node:crypto";
import { openCheckpoint, tf } from "../../src/tensorflow";
import { findCheckpoint } from "../../src/training";

/** Digests of all tensors in a checkpoint but the input's place, by name. */
export function digestsIn(path: string): Readonly<Record<string, string>> {
  const reader = openCheckpoint(findCheckpoint(path));
  try {
    const names = reader.variables.map(({ name }) => name).filter((name) => name !== "iterator_state");
    return tf.tidy(() => Object.fromEntries(names.map((name) => [name, digestOf(reader.read(name))])));
  } finally {
    reader.close();
  }
}

/** The first 64 bits of the digest of a tensor's bytes. */
export function digestOf(tensor: tf.Tensor): string {
  const { buffer, byteOffset, byteLength } = tensor.dataSync();
  const hash = createHash("sha256").update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest("hex").slice(0, 16);
}
