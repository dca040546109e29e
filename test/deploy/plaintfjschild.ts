/** Reads what is asked as JSON, loads the folder's model by plain tfjs, and writes what it gives; see plaintfjs.ts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import type { Answer, Asked, Call, Sent } from "./plaintfjs";

/** As a browser loads it: model.json first, then the files that it names. */
function fromFolder(dir: string): tf.io.IOHandler {
  const load = async (): Promise<tf.io.ModelArtifacts> => {
    // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- plaintfjs.ts and exportWeb() wrote them
    const json = JSON.parse(readFileSync(join(dir, "model.json"), "utf8")) as tf.io.ModelJSON;
    return tf.io.getModelArtifactsForJSON(json, (manifest) => {
      const parts = manifest.flatMap(({ paths }) => paths.map((path) => readFileSync(join(dir, path))));
      const bytes = new Uint8Array(Buffer.concat(parts));
      return Promise.resolve([manifest.flatMap(({ weights }) => weights), bytes.buffer]);
    });
  };
  return { load };
}

function answer(model: tf.GraphModel, { inputs, outputs }: Call): Answer {
  const given = Object.fromEntries(
    Object.entries(inputs).map(([name, { dtype, shape, values }]) => [
      name,
      tf.tensor([...values], [...shape], dtype),
    ]),
  );
  const [only] = Object.values(given);
  const isAlone = only !== undefined && Object.keys(given).length === 1;
  const results =
    outputs === undefined ? model.predict(isAlone ? only : given) : model.execute(given, [...outputs]);
  if (results instanceof tf.Tensor) return { [outputs?.[0] ?? "predicted"]: sentOf(results) };
  const named = Array.isArray(results) ? results.map((result, i) => [outputs?.[i] ?? String(i), result] as const) : Object.entries(results); // prettier-ignore
  return Object.fromEntries(named.map(([name, result]) => [name, sentOf(result)]));
}

const sentOf = (tensor: tf.Tensor): Sent => {
  return { dtype: tensor.dtype === "int32" ? "int32" : "float32", shape: tensor.shape, values: [...tensor.dataSync()] }; // prettier-ignore
};

async function main(): Promise<void> {
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- plaintfjs.ts and exportWeb() wrote them
  const asked = JSON.parse(await text(process.stdin)) as Asked;
  if (!(await tf.setBackend(asked.backend))) throw new Error(`no backend "${asked.backend}"`);
  const model = await tf.loadGraphModel(fromFolder(asked.dir));
  const before = tf.memory().numTensors;
  const answers = asked.calls.map((call) => {
    tf.engine().startScope();
    try {
      return answer(model, call);
    } finally {
      tf.engine().endScope();
    }
  });
  if (tf.memory().numTensors !== before) throw new Error("the model kept tensors");
  process.stdout.write(JSON.stringify(answers));
}

void main();
