/** Weights imported in a process of its own: node dist/bench/weightsalone.js FILE; answers each line with its seconds. */
import { createInterface } from "node:readline";
import { Model } from "../src/model";
import { tf } from "../src/tensorflow";
import { importWeights } from "../src/weights";
import { timed } from "./contest";

const [file = ""] = process.argv.slice(2);

async function main(): Promise<void> {
  const first = new Model({ architecture: "resnet_v1_14", width: 1 / 16 }); // TensorFlow starts with it
  tf.dispose(tf.tidy(() => first.predict(tf.zeros([1, 64, 64, 3])).logits));
  console.log("ready");
  for await (const _ of createInterface({ input: process.stdin }))
    console.log(await timed(() => importWeights("auto", file, { source: "torchvision" })));
}

void main();
