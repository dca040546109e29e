/** The program that tries a start-up snapshot before it is taken: its own modules and a Worker's must be there. */
import { Worker } from "node:worker_threads";
import { isRestored, offerTypeScript } from "./kept";

const code = `for (const name of ["child_process", "crypto", "net", "inspector", "v8"]) require(name);`;

offerTypeScript();
if (!isRestored) process.exitCode = 1;
new Worker(code, { eval: true }); // what it throws ends the process
