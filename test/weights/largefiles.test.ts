/** Files of more than 4 GB against what PyTorch and h5py wrote at their ends: test/oracle/largefiles.py. */
import assert from "node:assert/strict";
import { closeSync, openSync, truncateSync, writeSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openWeights } from "../../src/weights/formats/open";
import { readFixture } from "../fixtures";
import { temporaryFolder } from "../temporary";

interface LargeFile {
  readonly size: number;
  /** What is not zero: where, and bytes in base64. */
  readonly pieces: readonly (readonly [offset: number, bytes: string])[];
}

const FILES = readFixture<Readonly<Record<string, LargeFile>>>("largefiles");

/** A file that takes on the disk what is not zero. */
function sparse(name: string, { size, pieces }: LargeFile): string {
  const path = join(temporaryFolder("large"), name);
  const handle = openSync(path, "w");
  truncateSync(path, size);
  for (const [offset, bytes] of pieces) writeSync(handle, Buffer.from(bytes, "base64"), 0, undefined, offset);
  closeSync(handle);
  return path;
}

const small = Float32Array.of(0.5, 1.5, 2.5, 3.5, 4.5, 5.5);

for (const [name, large] of Object.entries(FILES))
  test(`what lies beyond 4 GB of ${name} is read`, async () => {
    const file = await openWeights(sparse(name, large));
    const byShape = new Map(file.entries.map((entry) => [entry.shape.join(), entry.name]));
    const chunks = byShape.get("300"); // beyond 4 GB, too, chunk by chunk
    assert.ok(byShape.has("1150000000"));
    assert.deepEqual(file.read(byShape.get("2,3") ?? ""), small);
    if (chunks !== undefined)
      assert.deepEqual(
        file.read(chunks),
        Float32Array.from({ length: 300 }, (_, i) => i),
      );
    file.close();
  });
