"use strict";
// Runs one program and ends it, with all that it started, as soon as the set-up that asked for it is gone,
// even by kill -9: the channel to the parent closes then. Otherwise pip would go on writing beside the next set-up.

const { spawn } = require("node:child_process");

const [, , command, ...args] = process.argv;
const env = { ...process.env };
delete env.NODE_CHANNEL_FD;
delete env.NODE_CHANNEL_SERIALIZATION_MODE;
const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"], detached: true, env });

function end() {
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
  process.exit(1);
}

process.on("disconnect", end);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, end);
child.on("error", (error) => {
  console.error(error.message);
  process.exit(127);
});
child.on("exit", (code) => process.exit(code ?? 1));
