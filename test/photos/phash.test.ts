/** Perceptual hashes of files of many kinds, against ImageHash and Pillow. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { createLooker } from "../../src/photos/look";
import { hashDistance, nearGroups } from "../../src/photos/near";
import { hashText } from "../../src/photos/phash";
import { smallGrey } from "../../src/photos/pillow";
import { constant, decodePhoto, memory, packPixels, tf } from "../../src/tensorflow";
import { readFixture } from "../fixtures";
import { createRandom } from "../../src/input/chance";

const fixture = readFixture<
  Readonly<
    Record<
      string,
      {
        readonly file: string;
        readonly width: number;
        readonly height: number;
        readonly orientation: number;
        readonly small: string;
        readonly hash: string;
        readonly stored: string;
      }
    >
  >
>("phash");

for (const orient of ["exif", "stored"] as const)
  test(`a photo's hash is ImageHash's, of its pixels ${orient === "exif" ? "upright" : "as stored"}`, async () => {
    const looker = createLooker({ orient });
    const before = memory();
    for (const [name, { file, width, height, orientation, hash, stored }] of Object.entries(fixture)) {
      const look = await looker.look({ name, read: () => Promise.resolve(Buffer.from(file, "base64")) });
      assert.ok(!("reason" in look), name);
      assert.equal(hashText(look.hash), orient === "exif" ? hash : stored, name);
      assert.equal(look.orientation, orientation, name);
      const isSideways = orient === "stored" && orientation > 4;
      assert.deepEqual([look.width, look.height], isSideways ? [height, width] : [width, height], name);
    }
    assert.equal(memory().tensors, before.tensors);
    looker.dispose();
  });

test("smallGrey() gives Pillow's bytes, of photos larger and smaller than it", () => {
  for (const name of ["plain.png", "tiny.png", "wide.png", "tall.png", "square.png", "ramp.png"]) {
    const { file = "", small } = fixture[name] ?? {};
    const packed = tf.tidy(() =>
      packPixels(decodePhoto(constant([Buffer.from(file, "base64")], [], "string"), "other")),
    );
    const [height, width] = packed.shape;
    const values = packed.dataSync<"int32">();
    packed.dispose();
    const bytes = smallGrey({ values, height, width }, 32);
    assert.equal(createHash("sha256").update(bytes).digest("hex"), small, name);
  }
});

/** Groups by comparing all with all. */
function slowGroups(hashes: readonly bigint[], distance: number): number[][] {
  const groups = hashes.map((_, i) => [i]);
  hashes.forEach((one, i) => {
    for (const [j, other] of hashes.slice(0, i).entries()) {
      if (hashDistance(one, other) > distance || groups[i] === groups[j]) continue;
      const joined = [...(groups[i] ?? []), ...(groups[j] ?? [])];
      for (const k of joined) groups[k] = joined;
    }
  });
  return [...new Set(groups)].filter(({ length }) => length > 1).map((group) => group.sort((a, b) => a - b));
}

test("nearGroups() finds what comparing all with all finds", async () => {
  const random = createRandom(4);
  const bit = (): bigint => 1n << BigInt(Math.floor(64 * random()));
  const hash = (): bigint => Array.from({ length: 64 }, () => random()).reduce((bits, one) => (bits << 1n) | (one < 0.5 ? 1n : 0n), 0n); // prettier-ignore
  const firsts = Array.from({ length: 60 }, hash);
  const others = firsts.flatMap((first) =>
    Array.from({ length: Math.floor(6 * random()) }, (_, changes) =>
      Array.from({ length: 2 * changes }, bit).reduce((bits, one) => bits ^ one, first),
    ),
  );
  const hashes = [...firsts, ...others, 0n, 2n ** 64n - 1n, 1n];
  for (const distance of [0, 1, 4, 15]) {
    const sorted = (groups: readonly (readonly number[])[]): string[] => groups.map(String).sort();
    assert.deepEqual(sorted(await nearGroups(hashes, distance)), sorted(slowGroups(hashes, distance)));
  }
  assert.equal(hashDistance(0n, 2n ** 64n - 1n), 64);
});

test("nearGroups() compares equal hashes once, and ends by the signal", async () => {
  const same = new Array<bigint>(100_000).fill(7n);
  const [group] = await nearGroups([5n, ...same], 0);
  assert.equal(group?.length, 100_000);
  const hashes = Array.from({ length: 4000 }, (_, i) => BigInt(i));
  await assert.rejects(nearGroups(hashes, 4, AbortSignal.abort(new Error("stopped"))), /^Error: stopped$/);
});
