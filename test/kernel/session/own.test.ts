import assert from "node:assert/strict";
import { test } from "node:test";
import { sessionIn } from "./cells";

test("a folder that has none is given the kernel's slimlab and its TensorFlow.js, types included", async () => {
  const cells = sessionIn({
    "module.ts":
      'import * as slim from "slimlab";\nexport const twos: slim.tf.Tensor = slim.tf.ones([2]).mul(2);\n',
  });
  await cells.value('import * as slim from "slimlab"; import * as tf from "@tensorflow/tfjs";');
  await cells.value('import { twos } from "./module"; const sum = slim.tf.ones([2]).add(twos);');
  assert.deepEqual(await cells.value("const same: tf.Tensor = sum; same.arraySync()"), [3, 3]);
  assert.match(
    (await cells.failure("sum.foo")).evalue,
    /Property 'foo' does not exist on type 'Tensor<Rank>'/,
  );
  assert.match((await cells.failure("new slim.Model({ numClasses: '2' })")).evalue, /not assignable/);
  const asImported =
    '[(await import("slimlab")).Model === slim.Model, (await import("@tensorflow/tfjs")).add === tf.add]';
  assert.deepEqual(await cells.value(asImported), [true, true]);
});

test("a folder that has none is given tslab, for notebooks that use its displays, types included", async () => {
  const cells = sessionIn({});
  assert.equal(await cells.value('import * as tslab from "tslab"; typeof tslab.display.html'), "function");
  assert.match(
    (await cells.failure("tslab.display.html(1)")).evalue,
    /not assignable to parameter of type 'string'/,
  );
});

test("a folder's own slimlab and TensorFlow.js go before the kernel's", async () => {
  const manifest = (name: string): string =>
    JSON.stringify({ name, version: "9.9.9", main: "main.js", types: "main.d.ts" });
  const cells = sessionIn({
    "node_modules/slimlab/package.json": manifest("slimlab"),
    "node_modules/slimlab/main.js": "exports.whose = 'mine';",
    "node_modules/slimlab/main.d.ts": "export declare const whose: 'mine';",
    "node_modules/@tensorflow/tfjs/package.json": manifest("@tensorflow/tfjs"),
    "node_modules/@tensorflow/tfjs/main.js": "exports.tf = 'mine too';",
    "node_modules/@tensorflow/tfjs/main.d.ts": "export declare const tf: string;",
  });
  assert.equal(
    await cells.value('import { whose } from "slimlab"; const mine: "mine" = whose; mine'),
    "mine",
  );
  assert.equal(await cells.value('(await import("@tensorflow/tfjs")).tf'), "mine too");
});

test("options of tsconfig.json that map modules hold beside the kernel's", async () => {
  const cells = sessionIn({
    "tsconfig.json": JSON.stringify({ compilerOptions: { paths: { "@/*": ["./lib/*"] } } }),
    "lib/one.ts": "export const one: number = 1;",
  });
  assert.equal(
    await cells.value(
      'import { one } from "@/one"; import { VGG_MEANS } from "slimlab"; VGG_MEANS.length + one',
    ),
    4,
  );
});
