/** Files at which the HDF5 library fails, and those that are read afterwards. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { guarded, loadLibrary } from "../../src/weights/formats/hdf5library";
import { openWeights } from "../../src/weights/formats/open";
import { readFixture } from "../fixtures";
import { DESCRIPTORS, fileOf, openWeightFiles } from "./files";

const { models } = readFixture<{
  models: Readonly<Record<string, { files: Readonly<Record<string, string>> }>>;
}>("kerasfiles");
const bytesOf = (model: string, name: string): Buffer =>
  gunzipSync(Buffer.from(models[model]?.files[name] ?? "", "base64"));
const whole = bytesOf("keras2", "tiny_weights.h5");

test("where the HDF5 library comes to its end, that is said, and other files are read", async () => {
  const before = await openWeights(fileOf("before.h5", whole));
  const [first = ""] = before.entries.map(({ name }) => name);
  const values = before.read(first);
  const library = await loadLibrary();
  const fail = (): never =>
    guarded(library, "any.h5", 'Cannot read "any.h5": expected it', () => {
      throw new RangeError("out of bounds");
    });
  assert.throws(fail, {
    name: "Error",
    message: 'Cannot read "any.h5": expected it, got one at which the HDF5 library fails (out of bounds)',
  });
  const after = await openWeights(fileOf("after.h5", whole));
  assert.deepEqual(after.read(first), values);
  after.close();
  assert.throws(() => before.read(first), /got a library that another file has broken: open it again/);
  before.close();
  if (existsSync(DESCRIPTORS)) assert.deepEqual(openWeightFiles(), []);
});

test("a configuration in an HDF5 file that is no JSON is refused with the file's name", async () => {
  const damaged = bytesOf("keras3", "tiny.h5");
  damaged[damaged.indexOf("class_name") - 1] = 0x20;
  await assert.rejects(
    openWeights(fileOf("config.h5", damaged)),
    /^Error: Cannot read ".*config.h5: model_config": expected JSON, got/,
  );
});
