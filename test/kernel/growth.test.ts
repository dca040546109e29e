import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { type Kernel, startKernel } from "./wire/client";

/** How many cells a kernel runs until V8 has compiled what is often used, and how many it is watched for after that. */
const [warmUp, watched] = [700, 1000];

/** By so much the process may grow, in MB: V8 alone would let it grow by 70 and more. */
const allowed = 24;

async function runCells(kernel: Kernel, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++) {
    const code = `let x${i % 50} = ${7 * i}; x${i % 50} + ${i}`;
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
    await runCells(kernel, warmUp, warmUp + watched);
    const grown = residentOf(kernel) - before;
    assert.ok(
      grown < allowed,
      `the process has grown from ${before.toFixed(0)} MB by ${grown.toFixed(0)} MB`,
    );
  } finally {
    await kernel.close();
  }
});
