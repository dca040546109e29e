/** A network exported in a process of its own: node dist/bench/onnxalone.js ARCHITECTURE SIDE FILE; answers each line with its seconds. */
import { createInterface } from "node:readline";
import { exportOnnx } from "../src/deploy";
import { Model } from "../src/model";
import { tf } from "../src/tensorflow";
import { timed } from "./contest";
import { networkOf } from "./onnx";

const [architecture = "", side = "224", file = ""] = process.argv.slice(2);

async function main(): Promise<void> {
  const model = new Model(networkOf(architecture, Number(side)).options);
  tf.dispose(tf.tidy(() => model.predict(tf.zeros([1, Number(side), Number(side), 3])).logits));
  console.log("ready");
  for await (const _ of createInterface({ input: process.stdin }))
    console.log(await timed(() => exportOnnx(model, file, { receive: "preprocessed" })));
}

void main();
