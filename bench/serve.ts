/** Photos classified over HTTP: by examples/classify.ts, and by Python's TensorFlow, Starlette and uvicorn from the same weights. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { Agent } from "node:http";
import path from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { loadClassifier, saveClassifier } from "../src/classifier";
import { renderPhoto } from "../src/input";
import { Model } from "../src/model";
import { expectArchitecture } from "../src/model/networks";
import { encodeJpeg, tf } from "../src/tensorflow";
import { inFolder } from "./folder";
import { peersPython } from "./peers";
import { post, type Load } from "./serveload";

const CLIENTS = [1, 8, 32] as const;
const [PHOTOS, PIXELS] = [8, 500];
const SECONDS = 8;
const NAMES = Array.from({ length: 10 }, (_, i) => `class ${i}`);

/** What one server did for so many clients; medians of the rounds. */
export interface ServeRow extends Load {
  readonly server: string;
  readonly clients: number;
  /** Milliseconds of a processor that the server needs for a request; NaN where Linux does not tell. */
  readonly cpu: number;
}

/** What one server did in one turn. */
type Met = Omit<ServeRow, "server" | "clients">;

/** All of it. */
export interface ServeResult {
  readonly rows: readonly ServeRow[];
  /** For each number of clients: our requests per second over the best peer's. */
  readonly ratios: Readonly<Record<string, number>>;
}

interface Server {
  readonly name: string;
  readonly address: string;
  readonly pid: number;
  close(): Promise<void>;
}

/** Lets clients ask the servers in turn; each answers the same probabilities, to 1e-3. */
export function benchServe(architecture: string, rounds: number): Promise<ServeResult> {
  return inFolder(async (folder) => {
    const files = photosIn(folder);
    const servers = await startServers(architecture, folder);
    try {
      await expectSameAnswers(servers, files);
      const met = new Map<string, Met[]>();
      for (let round = -1; round < rounds; round++)
        for (const clients of CLIENTS)
          for (const server of round % 2 === 0 ? servers : [...servers].reverse()) {
            const { name } = server;
            const load = await loadOf(server, clients, files);
            process.stderr.write(`${round < 0 ? "warm-up" : `round ${round + 1}/${rounds}`}  ${name}, ${clients} clients: ${load.requestsPerSecond.toFixed(1)}/s\n`); // prettier-ignore
            if (round >= 0) met.set(`${name} ${clients}`, [...(met.get(`${name} ${clients}`) ?? []), load]);
          }
      const rows = CLIENTS.flatMap((clients) =>
        servers.map(({ name }) => ({
          server: name,
          clients,
          ...medians(met.get(`${name} ${clients}`) ?? []),
        })),
      );
      return { rows, ratios: ratiosOf(rows) };
    } finally {
      for (const server of servers) await server.close();
    }
  });
}

/** The rows as aligned text. */
export function formatServe({ rows, ratios }: ServeResult): string {
  const widest = Math.max(...rows.map(({ server }) => server.length));
  const lines = rows.map(
    ({ server, clients, requestsPerSecond, p50, p95, cpu }) =>
      `${String(clients).padStart(7)}  ${server.padEnd(widest)}  ${[requestsPerSecond, p50, p95, cpu].map((value) => value.toFixed(1).padStart(8)).join("  ")}`,
  );
  const head = `clients  ${"".padEnd(widest)}  requests/s    p50 ms    p95 ms    CPU ms`;
  const end = Object.entries(ratios).map(([clients, ratio]) => `${clients}: ${ratio.toFixed(2)}`);
  return [head, ...lines, "", `slimlab's requests/s over the best peer's, by clients: ${end.join(", ")}`].join("\n"); // prettier-ignore
}

function photosIn(folder: string): string[] {
  return Array.from({ length: PHOTOS }, (_, i) => {
    const image = renderPhoto(i % 2 === 0 ? "mug" : "bottle", { size: PIXELS, seed: i });
    const file = path.join(folder, `${i}.jpg`);
    writeFileSync(file, encodeJpeg(image, { quality: 90 }));
    image.dispose();
    return file;
  });
}

/** The servers, each in a process of its own. */
async function startServers(architecture: string, folder: string): Promise<Server[]> {
  const model = new Model({
    architecture: expectArchitecture(architecture),
    numClasses: NAMES.length,
    seed: 1,
  });
  const { defaultImageSize: size, fixedResizeSide: resizeSide } = model.options;
  const kept = path.join(folder, "kept");
  await saveClassifier(model, kept, { classNames: NAMES });
  const classifier = loadClassifier(kept);
  const saved = classifier.exportSavedModel(path.join(folder, "saved"), { receive: "preprocessed" });
  const { scale, offsets } = normalizationOf(model);
  classifier.dispose();
  model.dispose();
  const python = (way: string): Promise<Server> =>
    start(`TensorFlow, Starlette, ${way}`, peersPython(), [path.resolve(__dirname, "../../bench/serve.py"), way, saved, String(size), String(resizeSide), String(scale), offsets.join()]); // prettier-ignore
  const example = path.resolve(__dirname, "../examples/classify.js");
  return [
    await start("slimlab", process.execPath, [example, kept, "--port", "0"]),
    await python("plain"),
    await python("batching"),
  ];
}

/** What a model's pixels are multiplied by, and what is added to each colour. */
function normalizationOf(model: Model): { readonly scale: number; readonly offsets: readonly number[] } {
  return tf.tidy(() => {
    const { defaultImageSize: size } = model.options;
    const colors = (pixel: number): number[] =>
      [...model.preprocess(tf.fill([1, size, size, 3], pixel)).dataSync()].slice(0, 3);
    const offsets = colors(0);
    return { scale: ((colors(255)[0] ?? NaN) - (offsets[0] ?? NaN)) / 255, offsets };
  });
}

async function start(name: string, command: string, args: readonly string[]): Promise<Server> {
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3" };
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"], env });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line: IteratorResult<string, unknown> = await lines.next();
  if (line.done === true) throw new Error(`Cannot measure "${name}": expected its address, got its end`);
  return {
    ...{ name, address: `${line.value}/classify`, pid: child.pid ?? NaN },
    async close() {
      const ended = once(child, "close");
      child.kill("SIGKILL");
      await ended;
    },
  };
}

async function expectSameAnswers(servers: readonly Server[], files: readonly string[]): Promise<void> {
  const agent = new Agent();
  for (const file of files) {
    const answers: string[] = [];
    for (const { address } of servers) answers.push(await post(address, readFileSync(file), agent));
    const [ours = [], ...others] = answers.map(probabilitiesOf);
    for (const other of others)
      if (
        other.length !== NAMES.length ||
        other.some((value, i) => Math.abs(value - (ours[i] ?? NaN)) > 1e-3)
      )
        throw new Error(`Cannot measure: expected the same answers, got ${answers.join(" and ")}`);
  }
}

function probabilitiesOf(answer: string): number[] {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-assignment -- the servers' own promise, looked at by who asks
  const told: { readonly probabilities: Readonly<Record<string, number>> } = JSON.parse(answer);
  return NAMES.map((name) => told.probabilities[name] ?? NaN);
}

async function loadOf({ address, pid }: Server, clients: number, files: readonly string[]): Promise<Met> {
  const program = path.join(__dirname, "serveload.js");
  const args = [program, address, String(clients), String(SECONDS), ...files];
  const before = cpuOf(pid);
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const cpu = cpuOf(pid) - before;
  // eslint-disable-next-line @typescript-eslint/no-unsafe-assignment -- the program's own promise
  const load: Load = JSON.parse(stdout);
  return { ...load, cpu: cpu / load.requests };
}

/** Milliseconds of processors that a process has had. @see proc_pid_stat(5): fields 14 and 15, in hundredths of a second */
function cpuOf(pid: number): number {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return NaN;
  const fields = readFileSync(file, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

function medians(all: readonly Met[]): Met {
  const middle = (of: (met: Met) => number): number =>
    all.map(of).sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? NaN;
  return {
    requests: middle((met) => met.requests),
    requestsPerSecond: middle((met) => met.requestsPerSecond),
    p50: middle((met) => met.p50),
    p95: middle((met) => met.p95),
    cpu: middle((met) => met.cpu),
  };
}

function ratiosOf(rows: readonly ServeRow[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    CLIENTS.map((clients) => {
      const [ours, ...peers] = rows
        .filter((row) => row.clients === clients)
        .map((row) => row.requestsPerSecond);
      return [String(clients), (ours ?? NaN) / Math.max(...peers)];
    }),
  );
}
