import { tmpdir } from "node:os";
import { join, sep } from "node:path";

/** How a cell's source path is made from its code; front ends compute the same from `debugInfo`. */
export const cellPaths = {
  /** The hash of {@link murmur2}. */
  hashMethod: "Murmur2",
  hashSeed: 0xc70f6907,
  tmpFilePrefix: join(tmpdir(), `slimlab-${process.pid}`) + sep,
  tmpFileSuffix: ".ts",
} as const;

/**
 * The path under which debuggers know a cell: it depends on the code alone, so that breakpoints hold however often
 * the cell runs. Nothing need be there on disk.
 *
 * @param code  the cell as the front end shows it, before any transformation
 * @returns e.g. "slimlab-4711/2853943102.ts" in the temporary folder
 */
export function cellPath(code: string): string {
  return `${cellPaths.tmpFilePrefix}${murmur2(code, cellPaths.hashSeed)}${cellPaths.tmpFileSuffix}`;
}

const multiplier = 0x5bd1e995;
const encoder = new TextEncoder();

/**
 * The 32-bit MurmurHash2 of a text's UTF-8 bytes, as JupyterLab and ipykernel compute it.
 * Source: https://github.com/aappleby/smhasher/blob/master/src/MurmurHash2.cpp
 *
 * @returns an integer in [0, 2^32)
 */
export function murmur2(text: string, seed: number): number {
  const bytes = encoder.encode(text);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let hash = seed ^ bytes.length;
  let at = 0;
  for (; at + 4 <= bytes.length; at += 4) {
    let word = Math.imul(view.getUint32(at, true), multiplier);
    word = Math.imul(word ^ (word >>> 24), multiplier);
    hash = Math.imul(hash, multiplier) ^ word;
  }
  const rest = bytes.subarray(at);
  if (rest.length > 0) {
    rest.forEach((byte, index) => (hash ^= byte << (8 * index)));
    hash = Math.imul(hash, multiplier);
  }
  hash = Math.imul(hash ^ (hash >>> 13), multiplier);
  return (hash ^ (hash >>> 15)) >>> 0;
}
