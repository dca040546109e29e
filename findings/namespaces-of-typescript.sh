#!/usr/bin/env bash
# `import * as ts from "typescript"`, compiled to CommonJS with esModuleInterop, gives each module a copy of TypeScript of its own: an
# object of some 2,500 getters that takes milliseconds to make. TypeScript does not mark what it exports as an ES module, so the helper
# __importStar can't take it as it is. `import ts from "typescript"` gives all modules the same object.
# Seen in typescript 6.0.3, Node 20.20. Needs Node 20 or newer; about 25 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts typescript@6.0.3 @types/node@20.19.0
echo 'import * as ts from "typescript"; export { ts };' >star.ts
cp star.ts star2.ts
echo 'import ts from "typescript"; export { ts };' >default.ts
node_modules/.bin/tsc --module node20 --target es2022 --esModuleInterop --types node --skipLibCheck star.ts star2.ts default.ts
node - <<'JS'
const assert = require("node:assert");
const typescript = require("typescript");
const [star, star2] = [require("./star.js"), require("./star2.js")].map(({ ts }) => ts);
const getters = Object.values(Object.getOwnPropertyDescriptors(star)).filter(({ get }) => get !== undefined).length;
console.log("TypeScript", typescript.version, "__esModule:", typescript.__esModule, "getters of a module's own copy:", getters);
assert.equal(typescript.__esModule, undefined);
assert.notEqual(star, star2);
assert.ok(getters > 2000, String(getters));
assert.equal(require("./default.js").ts, typescript);
JS
