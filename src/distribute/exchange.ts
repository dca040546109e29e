/** What all processes of a cluster do together: each calls the same, in the same order. */
import { allReduce, broadcastAsync, tf } from "../tensorflow";
import { together, type Cluster } from "./cluster";
import { count } from "./count";

/** 25 MiB: few exchanges, of which the first can begin while the backward pass goes on (Li et al. 2020, PyTorch Distributed, §3.2.3). */
const BUCKET_BYTES = 25 * 2 ** 20;

/**
 * The means of tensors over all processes, in a function that is being traced: one exchange for each 25 MiB, in the order given.
 * An exchange begins as soon as the tensors of its bucket are there and the one before is done.
 * @param tensors  float32; of the same shapes in all processes
 * @param name     another for each exchange of a function
 * @returns        in the same order; inside tidy() or the traced function, which owns them. Alone: as given
 * @throws {TypeError} in a cluster, outside of a traced function
 */
export function averaged(
  cluster: Cluster,
  tensors: readonly tf.Tensor[],
  name: string,
): readonly tf.Tensor[] {
  if (cluster.size === 1) return tensors;
  return buckets(tensors).flatMap((bucket, i) => {
    const mean = allReduce(packed(bucket), "mean", { group: cluster.group, name: `${name}/${i}` });
    return unpacked(mean, bucket);
  });
}

/**
 * Whether all processes say yes. One that closes the cluster says no until all have closed it.
 * @throws {Error} that names who is gone
 */
export async function agree(cluster: Cluster, yes: boolean): Promise<boolean> {
  if (cluster.size === 1) return yes;
  const { yes: all } = await together(cluster, () => count(cluster.group, { yes, closing: false }));
  return all === cluster.size;
}

/**
 * The chief's values of variables, in all processes.
 * @param variables  float32; of the same shapes in all processes
 * @throws {TypeError} if one is not float32
 * @throws {Error} that names who is gone
 */
export async function takeFromChief(cluster: Cluster, variables: readonly tf.Variable[]): Promise<void> {
  if (cluster.size === 1) return;
  const other = variables.find(({ dtype }) => dtype !== "float32");
  if (other !== undefined)
    throw new TypeError(`Cannot share "${other.name}": expected a float32 variable, got ${other.dtype}`);
  for (const [i, bucket] of buckets(variables).entries()) {
    const mine = tf.tidy(() => packed(bucket));
    const chiefs = await broadcast(cluster, mine, `chief/${i}`);
    tf.tidy(() => {
      for (const [at, value] of unpacked(chiefs, bucket).entries()) bucket[at]?.assign(value);
    });
    chiefs.dispose();
  }
}

/**
 * The chief's bytes, in all processes; what the others give does not count.
 * @throws {Error} that names who is gone
 */
export async function bytesFromChief(cluster: Cluster, bytes: Uint8Array): Promise<Uint8Array> {
  if (cluster.size === 1) return bytes;
  const [length = 0] = await numbers(cluster, [bytes.length], "length");
  const own = Array.from({ length }, (_, i) => bytes[i] ?? 0);
  return Uint8Array.from(length === 0 ? [] : await numbers(cluster, own, "bytes"));
}

/** The chief's numbers: whole ones, up to 2^24 exactly. */
async function numbers(cluster: Cluster, values: readonly number[], name: string): Promise<number[]> {
  const chiefs = await broadcast(cluster, tf.tensor1d([...values], "float32"), name);
  const read = await chiefs.data();
  chiefs.dispose();
  return [...read];
}

/** @param mine  is disposed */
async function broadcast(cluster: Cluster, mine: tf.Tensor, name: string): Promise<tf.Tensor> {
  try {
    return await together(cluster, () => broadcastAsync(mine, { group: cluster.group, name }));
  } finally {
    mine.dispose();
  }
}

function buckets<T extends tf.Tensor>(tensors: readonly T[]): T[][] {
  const made: T[][] = [];
  let bytes = Infinity;
  for (const tensor of tensors) {
    if (bytes >= BUCKET_BYTES) {
      made.push([]);
      bytes = 0;
    }
    made[made.length - 1]?.push(tensor);
    bytes += tensor.size * Float32Array.BYTES_PER_ELEMENT;
  }
  return made;
}

function packed(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  return tf.concat1d(tensors.map((tensor) => tensor.reshape<tf.Tensor1D>([tensor.size])));
}

/** The parts of a packed tensor, in the shapes of `like`. */
function unpacked(flat: tf.Tensor, like: readonly tf.Tensor[]): tf.Tensor[] {
  const parts = tf.split(
    flat,
    like.map(({ size }) => size),
  );
  return parts.map((part, i) => part.reshape(like[i]?.shape ?? []));
}
