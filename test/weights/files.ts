/** Files of weights that Python wrote, and what it read of them: test/oracle/weightsfiles.py. */
import assert from "node:assert/strict";
import { readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { WeightsFile } from "../../src/weights/formats/weightsfile";
import { readFixture } from "../fixtures";
import { temporaryFolder } from "../temporary";

/** A tensor as Python has it. */
export interface OracleTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** float32 in base64; null of integers and the like. */
  readonly values: string | null;
}

/** A file that Python wrote. */
export interface OracleFile {
  /** In base64. */
  readonly file: string;
  readonly tensors: Readonly<Record<string, OracleTensor>>;
}

interface Fixture {
  readonly torch: Readonly<Record<string, OracleFile>>;
  /** Files in base64. */
  readonly refused: Readonly<Record<string, string>>;
  /** Codes of a pickle's instructions, by name. */
  readonly instructions: Readonly<Record<string, number>>;
  readonly safetensors: Readonly<Record<string, OracleFile>>;
  readonly halves: {
    readonly wideSha256: string;
    readonly inputs: string;
    readonly rounded: Readonly<Record<"float16" | "bfloat16", string>>;
  };
}

export const oracle = readFixture<Fixture>("weightsfiles");

const folder = temporaryFolder("weights");

/** A new file of these bytes. */
export function fileOf(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, typeof bytes === "string" ? Buffer.from(bytes, "base64") : bytes);
  return path;
}

/** The float32 numbers of base64. */
export function floatsOf(base64: string): Float32Array {
  return new Float32Array(new Uint8Array(Buffer.from(base64, "base64")).buffer);
}

/** Whether a file has just these tensors, bit for bit but for the bits of what is no number. */
export function expectTensors(file: WeightsFile, tensors: Readonly<Record<string, OracleTensor>>): void {
  const found = Object.fromEntries(file.entries.map(({ name, dtype, shape }) => [name, { dtype, shape }]));
  const expected = Object.entries(tensors).map(([name, { dtype, shape }]) => [name, { dtype, shape }]);
  assert.deepEqual(found, Object.fromEntries(expected));
  for (const [name, { dtype, values }] of Object.entries(tensors))
    if (values !== null) assert.deepEqual(file.read(name), floatsOf(values), name);
    else assert.throws(() => file.read(name), new RegExp(`Cannot read "${name}".*got ${dtype}`));
}

/** Where Linux lists what a process has open. */
export const DESCRIPTORS = "/proc/self/fd";

/** What this process has open of its temporary folders: other threads open and close files of their own. */
export function openWeightFiles(): readonly string[] {
  return readdirSync(DESCRIPTORS).flatMap((descriptor) => {
    try {
      const path = readlinkSync(join(DESCRIPTORS, descriptor));
      return /slimlab-(weights|shards)-/.test(path) ? [path] : [];
    } catch {
      return [];
    }
  });
}
