import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { fixturePath } from "../fixtures";
import { python, skip } from "../python";

test("this machine's Python gives what the fixture of the metrics says", { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "slimlab-metrics-"));
  try {
    const script = resolve(__dirname, "../../../test/oracle/metrics.py");
    execFileSync(python ?? "python3", [script], {
      env: { ...process.env, ORACLE_OUT: folder },
      stdio: "pipe",
    });
    const [made, kept] = [join(folder, "metrics.json"), fixturePath("metrics.json")].map((path) =>
      readFileSync(path, "utf8").match(/-?[\d.]+(e-?\d+)?|[a-zA-Z]\w*/g),
    );
    assert.equal(made?.length, kept?.length);
    made?.forEach((word, index) => {
      const other = kept?.[index] ?? "";
      assert.ok(word === other || Math.abs(Number(word) - Number(other)) < 1e-6, `${word}, ${other}`);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
