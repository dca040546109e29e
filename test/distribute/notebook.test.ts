import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { runCells } from "../kernel/notebook";
import { skip } from "../python";
import { freeAddresses, start, workerConfig } from "./processes";

test("a notebook is the chief of a worker that trains as long as its cells do", { skip }, async (t) => {
  const addresses = await freeAddresses(2);
  const job = { kind: "follow", folder: "", steps: 0 };
  const worker = start("trainer", [JSON.stringify(job)], workerConfig(addresses, 1));
  t.after(() => worker.kill());
  const sizes = "numClasses: 5, width: 1 / 8, fixedResizeSide: 32, defaultImageSize: 32";
  const cells = [
    `import * as slim from ${JSON.stringify(join(__dirname, "../../src"))};
     const config = ${JSON.stringify(workerConfig(addresses, 0))};
     const cluster = await slim.joinCluster({ config });
     [cluster.size, cluster.isChief]`,
    `const model = new slim.Model({ architecture: "resnet_v1_14", seed: 1, ${sizes} });
     const step = slim.createTrainStep(model, { learningRate: 0.02, checkNumerics: true, cluster });
     await step.synchronize();`,
    `const image = slim.random.uniform<slim.tf.Tensor4D>([4, 32, 32, 3], slim.random.seed(1), 0, 255);
     const label = slim.tf.tensor1d([0, 1, 2, 3], "int32");
     async function* batches(): AsyncGenerator<slim.Batch> { for (;;) yield [{ image }, label]; }
     let results = await slim.train(step, batches(), { steps: 3 });
     results.length`,
    `results = await slim.train(step, batches(), { steps: 2 });
     JSON.stringify([results[1].globalStep, results[1].loss])`,
    `await cluster.close();
     "closed"`,
  ];
  const { status, stderr, outputs } = await runCells(cells);
  assert.equal(status, 0, stderr);
  const shown = outputs.map((cell) => cell.map(({ data }) => data["text/plain"]).join(""));
  assert.deepEqual([shown[0], shown[2], shown[4]], ["[ 2, true ]", "3", "'closed'"]);
  const { code, lines, errors } = await worker.end;
  assert.equal(code, 0, `${JSON.stringify(lines)} ${errors}`);
  const [last] = lines;
  assert.ok(typeof last === "object" && last !== null && "steps" in last && "globalStep" in last && "loss" in last); // prettier-ignore
  assert.equal(last.steps, 5);
  assert.equal(shown[3], `'${JSON.stringify([last.globalStep, last.loss])}'`);
});
