import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { copyCheckout, createPath, environment, expectRefusal, node } from "./checkout";

test("set-up with an unknown TENSORFLOW_VARIANT says which there are", () => {
  const place = copyCheckout("variant");
  const env = environment(place.home, { TENSORFLOW_VARIANT: "tpu" });
  expectRefusal(place, env, /^Cannot set up slimlab: expected TENSORFLOW_VARIANT "cpu" or "gpu", got "tpu"/);
});

test("set-up with a TENSORFLOW_VERSION that the addon was not built on says which were", () => {
  const place = copyCheckout("release");
  const env = environment(place.home, { TENSORFLOW_VERSION: "2.20.0" });
  const message =
    /^Cannot set up slimlab: expected TENSORFLOW_VERSION of 2\.21 or 2\.22, e\.g\. "[\d.]+", got "2\.20\.0"/;
  expectRefusal(place, env, message);
});

test("set-up with no Python but 3.14 names the TensorFlow that has wheels for it, and takes it with that", () => {
  const place = copyCheckout("newpython");
  const PATH = createPath("only-new-python", { ...node, python3: `#!/bin/sh\necho 3.14\necho venv\n` });
  const message =
    /expected Python 3\.10 to 3\.13 .+, got only Python 3\.14; .+: TENSORFLOW_VERSION=2\.22\.\w+ npm run setup\n$/;
  expectRefusal(place, environment(place.home, { PATH }), message);
  const env = environment(place.home, { PATH, TENSORFLOW_VERSION: "2.22.0rc0" });
  expectRefusal(place, env, /expected a C\+\+17 compiler/); // the next that is looked for
});

test("set-up asks pip for the version in TENSORFLOW_VERSION, without the pins that go with another", () => {
  const { checkout, home } = copyCheckout("version");
  mkdirSync(join(checkout, "build", "setup"), { recursive: true });
  const script = `
    const { chooseTensorFlow, packagesOf } = require("./scripts/steps/tensorflow.js");
    const choice = chooseTensorFlow();
    const words = require("./scripts/steps/python.js").install("notebook", choice, packagesOf(choice));
    console.log(words.filter((word) => word.startsWith("tensorflow")).join("\\n"));
    console.log(require("fs").readFileSync(words.at(-1), "utf8"));`;
  const asked = (changes: Record<string, string>) => {
    const env = environment(home, { TENSORFLOW_VARIANT: "gpu", ...changes });
    return execFileSync(process.execPath, ["-e", script], { cwd: checkout, env, encoding: "utf8" });
  };
  assert.match(asked({}), /^tensorflow\[and-cuda\]==2\.21\.0\n[^]*\nh5py==[^]*\nkeras==[^]*\nnumpy==/);
  const other = asked({ TENSORFLOW_VERSION: "2.22.0rc0" });
  assert.match(other, /^tensorflow\[and-cuda\]==2\.22\.0rc0\n[^]*\nnumpy==/);
  assert.doesNotMatch(other, /\n(h5py|keras)==/);
});
