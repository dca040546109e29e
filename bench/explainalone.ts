/** Score-CAM in a process of its own: node dist/bench/explainalone.js CHUNK SIDE CHANNELS; answers each line with its seconds. */
import { createInterface } from "node:readline";
import { explain, scoreCam } from "../src/explain";
import { tf } from "../src/tensorflow";
import { timed } from "./contest";
import { explained } from "./explain";

const [chunk = 32, side = 224, channels = 128] = process.argv.slice(2).map(Number);

async function main(): Promise<void> {
  const { model, images } = explained(side, 1);
  const method = scoreCam({ channels });
  console.log("ready");
  for await (const _ of createInterface({ input: process.stdin }))
    console.log(await timed(async () => tf.dispose(await explain(model, images, { method, chunk }))));
}

void main();
