/** Has the thread with the sockets begin before the main one loads what it needs itself, TypeScript above all. */
import { listening } from "./restore";
import "./compiled";
import { family } from "../interrupt/family";
import { guard } from "../interrupt/guard";
import { loadDescriptors, type Descriptors } from "../wire/descriptors";
import { logTo } from "../wire/log";
import { openWire, type Wire } from "../wire/wire";

/** Opens as soon as the thread is there; rejects if Node was not given a connection file, or can't serve it. */
export const opening: Promise<Wire> = open(process.argv[2]);
opening.catch(() => undefined); // who awaits it hears of it

async function open(connectionFile: string | undefined): Promise<Wire> {
  if (connectionFile === undefined) {
    throw new Error("Cannot start kernel: expected the path of a connection file, got no argument");
  }
  return openWire(connectionFile, { guard, family, descriptors: captureDescriptors(), listening });
}

/** Has what is printed below JavaScript be cells' output; the kernel's log and what it says when it crashes go where they went. */
function captureDescriptors(): Descriptors {
  const descriptors = loadDescriptors();
  void [process.stdout, process.stderr]; // Node opens them now: of pipes it would have prints fail rather than wait
  const [, stderr] = descriptors.capture();
  logTo(stderr);
  process.on("exit", () => descriptors.release());
  return descriptors;
}
