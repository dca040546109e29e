#!/usr/bin/env bash
# onnxruntime-node and onnxruntime-web that one program requires share their registry of backends (onnxruntime-common), and so each other's engines:
# InferenceSession of -web runs natively where no provider is asked for, whichever was loaded first; and "cpu" is the engine of the package that
# was loaded first, so that -node, asked for "cpu", runs in WASM once -web was required before it, several times slower, and tells so nowhere. A test that
# compares both may compare one with itself. "wasm" is WASM in each. By `import` they are apart, since -web's ES module has a registry of its own.
# Seen in onnxruntime-node and onnxruntime-web 1.30.0. Needs Linux, Node 20 or newer; about 450 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts onnxruntime-node@1.30.0 onnxruntime-web@1.30.0
# y = Relu(x), of any length (IR 8, opset 17)
echo CAg6NQoMCgF4EgF5IgRSZWx1EgFnWhAKAXgSCwoJCAESBQoDEgFuYhAKAXkSCwoJCAESBQoDEgFuQgQKABAR | base64 -d >relu.onnx
cat >engines.js <<'JS'
const { readFileSync } = require("node:fs");

/** Which engine sessions of these packages get without a provider, by "cpu" and by "wasm": "native", "WASM", or "none" where it is refused. */
exports.engines = async (packages) => {
  const seen = {};
  for (const [name, ort] of Object.entries(packages)) {
    const found = [];
    for (const options of [{}, { executionProviders: ["cpu"] }, { executionProviders: ["wasm"] }]) {
      try {
        const session = await ort.InferenceSession.create(readFileSync("relu.onnx"), options);
        const { y } = await session.run({ x: new ort.Tensor("float32", [-1, 2], [2]) });
        if (y.data.join() !== "0,2") throw new Error(`y is ${y.data.join()}`);
        found.push(session.handler.constructor.name === "OnnxruntimeSessionHandler" ? "native" : "WASM"); // the class that onnxruntime-node has
      } catch (error) {
        if (!/backend not found/.test(error.message)) throw error;
        found.push("none");
      }
    }
    seen[name] = found.join(" ");
  }
  return seen;
};
JS
cat >required.js <<'JS'
const packages = Object.fromEntries(process.argv.slice(2).map((name) => [name, require(`onnxruntime-${name}`)]));
require("./engines.js").engines(packages).then((seen) => console.log("required:", JSON.stringify(seen)));
JS
cat >imported.mjs <<'JS'
import * as web from "onnxruntime-web";
import * as node from "onnxruntime-node";
import { engines } from "./engines.js";
console.log("imported:", JSON.stringify(await engines({ web, node })));
JS
{
  node required.js node
  node required.js web
  node required.js node web
  node required.js web node
  node imported.mjs
} | tee seen
diff seen - <<'TEXT'
required: {"node":"native native none"}
required: {"web":"WASM WASM WASM"}
required: {"node":"native native WASM","web":"native native WASM"}
required: {"web":"native WASM WASM","node":"native WASM WASM"}
imported: {"web":"WASM WASM WASM","node":"native native none"}
TEXT
