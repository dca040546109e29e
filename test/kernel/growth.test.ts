import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { type Kernel, startKernel } from "./wire/client";

/** How many cells a kernel runs until V8 has compiled what is often used, and how many it is watched for after that. */
const [warmUp, watched] = [400, 1000];

/**
 * By so much the process may grow at any time, in MB: it is 3 to 9, under Node 22 11 to 16 (once, then it levels off; under 26
 * most of it comes before the 600th cell), and 34 if garbage is not collected between cells.
 */
const allowed = 20;

async function runCells(kernel: Kernel, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++) {
    const code = i % 10 === 0 ? `let x${i % 50} = ${7 * i}; x${i % 50} + ${i}` : `${7 * i} + ${i}`;
    const id = await kernel.client.send("shell", "execute_request", { code });
    const published = await kernel.client.published(id);
    assert.ok(published.some(({ content }) => content["execution_count"] === i + 1));
    await kernel.client.receive("shell");
  }
}

/** What a kernel's process takes of the machine's memory, in MB. */
function residentOf({ process }: Kernel): number {
  return Number(execFileSync("ps", ["-o", "rss=", "-p", String(process.pid)], { encoding: "utf8" })) / 1024;
}

test("1,000 cells, run one after the other, leave the kernel's process as large as it was", async () => {
  const kernel = await startKernel(join(__dirname, "../../kernel/main.js"));
  try {
    await runCells(kernel, 0, warmUp);
    const before = residentOf(kernel);
    let most = before;
    for (let i = warmUp; i < warmUp + watched; i += 50) {
      await runCells(kernel, i, i + 50);
      most = Math.max(most, residentOf(kernel));
    }
    assert.ok(
      most - before < allowed,
      `the process has grown from ${before.toFixed(0)} MB to ${most.toFixed(0)} MB`,
    );
  } finally {
    await kernel.close();
  }
});
