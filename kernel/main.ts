import { Kernel } from "./kernel";
import { Server } from "./server";

/** What kernel.json starts: `node dist/kernel/main.js <connection file>`. */
async function main(connectionFile: string | undefined): Promise<void> {
  if (connectionFile === undefined) {
    throw new Error("Cannot start kernel: expected the path of a connection file, got no argument");
  }
  const kernel = await Kernel.start();
  process.on("SIGINT", () => kernel.interrupt());
  process.on("uncaughtException", (error) => console.error("Uncaught", error));
  process.on("unhandledRejection", (reason) => console.error("Uncaught (in promise)", reason));
  await new Server(kernel, connectionFile).init();
}

main(process.argv[2]).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
