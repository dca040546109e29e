/** Clients of bench/serve.ts, in a process of their own: each sends a photo and waits for the answer, again and again. */
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";

/** What clients met. */
export interface Load {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** Milliseconds from sending to the answer's end, within which half of the answers came, and 95 of 100. */
  readonly p50: number;
  readonly p95: number;
}

/** The body of an answer that is 200. */
export function post(address: string, body: Buffer, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(address, { method: "POST", agent, headers: { "content-length": body.length } });
    sent.on("error", reject).on("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("error", reject).on("end", () => {
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`Cannot measure: expected 200, got ${response.statusCode}: ${text}`));
      });
    });
    sent.end(body);
  });
}

/** Lets so many clients ask for so long. */
async function load(
  address: string,
  clients: number,
  seconds: number,
  photos: readonly Buffer[],
): Promise<Load> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const taken: number[] = [];
  const started = performance.now();
  const isOver = (): boolean => performance.now() - started > 1000 * seconds;
  const client = async (_: unknown, first: number): Promise<void> => {
    for (let i = first; !isOver(); i++) {
      const sent = performance.now();
      await post(address, photos[i % photos.length] ?? Buffer.of(), agent);
      taken.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const all = (performance.now() - started) / 1000;
  agent.destroy();
  taken.sort((a, b) => a - b);
  const at = (share: number): number =>
    taken[Math.min(Math.floor(share * taken.length), taken.length - 1)] ?? NaN;
  return { requests: taken.length, requestsPerSecond: taken.length / all, p50: at(0.5), p95: at(0.95) };
}

if (require.main === module) {
  const [address = "", clients, seconds, ...files] = process.argv.slice(2);
  void load(
    address,
    Number(clients),
    Number(seconds),
    files.map((file) => readFileSync(file)),
  ).then((met) => console.log(JSON.stringify(met)));
}
