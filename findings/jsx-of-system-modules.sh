#!/usr/bin/env bash
# TypeScript's module form System leaves the functions of `jsx: "react-jsx"` undeclared: the module imports react/jsx-runtime, and then
# calls a `_jsx` that is nowhere declared. CommonJS calls what it imports.
# Seen in typescript 6.0.3 and 5.9.3. Needs Node 20 or newer; about 45 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts six@npm:typescript@6.0.3 five@npm:typescript@5.9.3
node - <<'JS'
const assert = require("node:assert");
for (const ts of [require("six"), require("five")]) {
  const emit = (module) =>
    ts.transpileModule("export const view = <b/>;", {
      fileName: "view.tsx",
      compilerOptions: { module, jsx: ts.JsxEmit.ReactJSX, target: ts.ScriptTarget.ES2022 },
    }).outputText;
  const [system, commonjs] = [emit(ts.ModuleKind.System), emit(ts.ModuleKind.CommonJS)];
  console.log("TypeScript", ts.version, "System:", /view = .*/.exec(system)[0], "CommonJS:", /view = \(.*/.exec(commonjs)[0]);
  assert.match(system, /"react\/jsx-runtime"/);
  assert.match(system, /\b_jsx\("b"/);
  assert.equal(system.match(/\b_jsx\b/g).length, 1); // the call is all there is of it
  assert.match(commonjs, /jsx_runtime_1\.jsx\)\("b"/);
}
JS
