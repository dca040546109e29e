import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { python, skip as noJupyter } from "../python";
import { runSuite } from "./suite";

const hasSuite = python !== undefined && spawnSync(python, ["-c", "import jupyter_kernel_test"]).status === 0;
const skip = noJupyter || (!hasSuite && "no jupyter_kernel_test: npm test sets it up");

/** The tests of each suite, so that none can get lost. */
const SUITES = {
  "conformance.py": { count: 13, title: "jupyter_kernel_test" },
  "testbed.py": { count: 27, title: "the scenarios of kernel-testbed" },
  "rows.py": { count: 26, title: "the rows of what ipykernel can" },
  "encryption.py": { count: 6, title: "what Jupyter's encryption asks" },
  "answers.py": { count: 7, title: "what is answered while a cell awaits" },
} as const;

for (const [file, { count, title }] of Object.entries(SUITES)) {
  describe(`kernel passes ${title}`, { skip }, async () => {
    const results = skip === false ? await runSuite(file) : [];
    test(`all ${count} are run`, () => assert.equal(results.length, count));
    for (const { name, result, detail } of results) {
      test(name, () => assert.equal(result, "passed", `${result}: ${detail ?? ""}`));
    }
  });
}
