import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import {
  castTo,
  constant,
  decodeImage,
  decodeSmallJpegPart,
  encodeJpeg,
  memory,
  ownJpegPart,
  tf,
} from "../../src/tensorflow";
import { python, skip } from "../python";
import { temporaryFolder } from "../temporary";

type Window = [top: number, left: number, height: number, width: number];

/** The whole, and parts at its beginning, in its middle and at its end. */
const windowsOf = (height: number, width: number): Window[] => [
  [0, 0, height, width],
  [0, 0, Math.ceil(height / 3), Math.ceil(width / 2)],
  [Math.floor(height / 3), Math.floor(width / 3), Math.ceil(height / 3), Math.ceil(width / 5)],
  [height - 1, width - 1, 1, 1],
];

test("small parts of a JPEG, for which the rest is skipped, are libjpeg's to the pixel", { skip }, () => {
  const script = path.resolve(__dirname, "../../../test/input/jpegparts.py");
  const output = execFileSync(python ?? "", [script, path.join(temporaryFolder("jpegpart"), "files")], {
    encoding: "utf8",
    env: { ...process.env, CUDA_VISIBLE_DEVICES: "-1", TF_CPP_MIN_LOG_LEVEL: "3" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const files = output.trim().split("\n");
  assert.equal(files.length, 60);
  const before = memory();
  for (const [i, file] of files.entries())
    for (const ratio of [4, 8] as const)
      tf.tidy(() => {
        const contents = constant([readFileSync(file)], [], "string");
        const whole = decodeImage(constant([readFileSync(`${file}.${ratio}.png`)], [], "string"));
        const [height, width] = whole.shape;
        // Of the last two of ten, libjpeg's own; at a quarter, of those with colours at every other pixel of a row, too.
        const isOwn = i % 10 < 8 && (ratio === 8 || i % 10 === 7 || (i % 10) % 3 !== 1);
        for (const window of windowsOf(height, width)) {
          const place = tf.tensor1d(window, "int32");
          assert.equal(ownJpegPart(contents, place, ratio).size > 0, isOwn, file);
          if (!isOwn && window[2] < height) continue;
          const actual = decodeSmallJpegPart(contents, place, ratio);
          const expected = whole.slice([...window.slice(0, 2), 0], [...window.slice(2), 3]);
          assert.deepEqual(
            castTo(actual, "int32").dataSync(),
            expected.dataSync(),
            `${file} ${ratio} ${window.join()}`,
          );
        }
      });
  assert.deepEqual(memory(), before);
});

test("windows outside of a photo and other ratios are not read", () => {
  const file = tf.tidy(() => constant([encodeJpeg(tf.zeros([64, 96, 3]))], [], "string"));
  const before = memory();
  const windows: Window[] = [[0, 0, 8, 13], [0, 0, 9, 12], [-1, 0, 1, 1], [0, -1, 1, 1], [7, 0, 2, 1], [0, 0, 0, 1], [2 ** 31 - 1, 0, 2, 2]]; // prettier-ignore
  for (const window of windows)
    tf.tidy(() => assert.equal(ownJpegPart(file, tf.tensor1d(window, "int32"), 8).size, 0, window.join()));
  assert.deepEqual(memory(), before);
  file.dispose();
});

test("files that libjpeg refuses are left to it", () => {
  const file = tf.tidy(() => encodeJpeg(tf.zeros([64, 96, 3])));
  const changed = (at: number, byte: number): Uint8Array => file.map((old, i) => (i === at ? byte : old));
  const codes = Buffer.from(file).indexOf(Uint8Array.of(0xff, 0xc4));
  const kinds: Record<string, Uint8Array> = {
    "no end": file.subarray(0, -2),
    "another marker at its end": changed(file.length - 1, 0xfd),
    "a marker of no kind": changed(3, 0xfd),
    "a mean of more than 15 bits": changed(codes + 2 + 2 + 1 + 16, 16),
  };
  const isOwn = (contents: Uint8Array): boolean =>
    tf.tidy(
      () => ownJpegPart(constant([contents], [], "string"), tf.tensor1d([0, 0, 8, 12], "int32"), 8).size > 0,
    );
  assert.ok(isOwn(file));
  for (const [kind, contents] of Object.entries(kinds)) assert.ok(!isOwn(contents), kind);
});
