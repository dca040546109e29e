import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { castTo, constant, decodeImage, decodeJpegEighth, eighthOf, memory, tf } from "../../src/tensorflow";
import { python, skip } from "../python";

const scratch = mkdtempSync(path.join(tmpdir(), "slimlab-eighth-"));
after(() => rmSync(scratch, { recursive: true }));

test(
  "an eighth of a JPEG, of which brightness's means alone are decoded, is libjpeg's to the pixel",
  { skip },
  () => {
    const script = path.resolve(__dirname, "../../../test/input/eighths.py");
    const output = execFileSync(python ?? "", [script, path.join(scratch, "eighths")], {
      encoding: "utf8",
      env: { ...process.env, CUDA_VISIBLE_DEVICES: "-1", TF_CPP_MIN_LOG_LEVEL: "3" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const files = output.trim().split("\n");
    assert.equal(files.length, 60);
    const before = memory();
    for (const [i, file] of files.entries())
      tf.tidy(() => {
        const contents = constant([readFileSync(file)], [], "string");
        const expected = decodeImage(constant([readFileSync(`${file}.png`)], [], "string"));
        const [height, width] = expected.shape;
        const actual = decodeJpegEighth(contents, tf.tensor1d([0, 0, height, width], "int32"));
        assert.deepEqual(castTo(actual, "int32").dataSync(), expected.dataSync(), file);
        assert.equal(eighthOf(contents).size > 0, i % 10 < 8, file); // of the last two, libjpeg's own
      });
    assert.deepEqual(memory(), before);
  },
);
