import { once } from "node:events";
import { createServer } from "node:net";
import { codeOf } from "../errorcode";

/**
 * Systems hand out ports from 32,768 (Linux) or 49,152 (macOS) by themselves, to any program at any time, so that one found
 * there may be another's by the time it is used. Below them each process looks in a part of its own first.
 */
const FIRST = 20_000;
const PER_PROCESS = 64;
const COUNT = 199 * PER_PROCESS;

let next = (process.pid * PER_PROCESS) % COUNT;

/**
 * Ports of this machine that nobody uses now and that nobody else gets by chance; no two calls give the same.
 * @throws {Error} if there are not so many
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let tries = 0; tries < COUNT && ports.length < count; tries++) {
    const port = FIRST + next;
    next = (next + 1) % COUNT;
    if (await isFree(port)) ports.push(port);
  }
  if (ports.length === count) return ports;
  throw new Error(`Cannot find free ports: expected ${count} from ${FIRST} on, got ${ports.length}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch (error) {
    if (codeOf(error) === "EADDRINUSE") return false;
    throw error;
  }
  await new Promise((done) => server.close(done));
  return true;
}
