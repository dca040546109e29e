import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { skip } from "../../python";
import { runSuite } from "../suite";

describe("debug requests of a kernel", { skip }, async () => {
  for (const { name, result, detail } of skip === false ? await runSuite("debug/debugger.py") : []) {
    test(name.replaceAll("_", " "), () => assert.equal(result, "passed", detail ?? name));
  }
});
