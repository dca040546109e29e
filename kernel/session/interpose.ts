import Module, { createRequire } from "node:module";
import ts from "typescript";

// What tslab's modules ask for is their own TypeScript, a fork of 5.0.4, which is never loaded: they are given the one that
// compiles cells. As an ES module, so that they take it as it is: a copy of its 2,500 names takes 20 ms for each of them.
const path = createRequire(require.resolve("tslab")).resolve("@tslab/typescript-for-tslab");
const given: unknown = Object.create(ts, { __esModule: { value: true } });
const fork = new Module(path);
[fork.filename, fork.loaded] = [path, true];
fork.exports = given;
require.cache[path] = fork;
