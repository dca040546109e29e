/** examples/classify.ts as a server in a process of its own. */
import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { Agent, request, type ClientRequest } from "node:http";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { loadClassifier, predict, saveClassifier, type PredictedPhoto } from "../../src/classifier";
import { encodeJpeg, encodePng } from "../../src/tensorflow";
import { NAMES, photo, smallModel } from "../classifier/small";
import { temporaryFolder } from "../temporary";
import { until } from "../until";

const root = temporaryFolder("classify");
const hats = join(root, "hats");
const program = resolve(__dirname, "../../examples/classify.js");

/** A server, where it is, and what it has said on stderr. */
interface Served {
  readonly child: ChildProcess;
  readonly url: string;
  complaints(): string;
}

async function start(): Promise<Served> {
  const child = spawn(process.execPath, [program, hats, "--port", "0"], {
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (text) => (said += String(text)));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line: IteratorResult<string, unknown> = await lines.next();
  return { child, url: String(line.value), complaints: () => said };
}

let served: Served | undefined;
before(async () => {
  const model = smallModel();
  await saveClassifier(model, hats, { classNames: NAMES, metrics: { accuracy: 0.75 } });
  model.dispose();
  for (let i = 0; i < 8; i++) {
    const image = photo(`photo ${i}`, 40 + i, 60);
    writeFileSync(fileOf(i), i % 2 === 0 ? encodePng(image) : encodeJpeg(image));
    image.dispose();
  }
  served = await start();
});
after(() => served?.child.kill("SIGKILL"));

const fileOf = (i: number): string => join(root, `${i}.photo`);
const bytesOf = (i: number): Buffer => readFileSync(fileOf(i));

/** What is in the JSON of an answer. */
interface Told extends Partial<PredictedPhoto> {
  readonly error?: string;
  readonly enqueued?: number;
}

interface Answered {
  readonly status: number;
  readonly told: Told;
  readonly headers: Headers;
}

async function ask(path: string, init: RequestInit = {}, url = served?.url ?? ""): Promise<Answered> {
  const response = await fetch(`${url}${path}`, init);
  // eslint-disable-next-line @typescript-eslint/no-unsafe-assignment -- what is in it is compared
  const told: Told = JSON.parse(await response.text());
  return { status: response.status, told, headers: response.headers };
}

function classify(body: RequestInit["body"], init: RequestInit = {}): Promise<Answered> {
  return ask("/classify", { method: "POST", body: body ?? null, ...init });
}

/** The status of a request's answer. */
function responseOf(asking: ClientRequest): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    asking.on("error", reject).on("response", (response) => {
      response.resume();
      resolve(response.statusCode);
    });
  });
}

/** Bytes of memory that the server has now. */
function residentOf({ pid }: ChildProcess): number {
  const [, kilobytes = "NaN"] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return 1024 * Number(kilobytes);
}

test("many clients at once: each gets what predict() says of its photo, as a body or in a form", async () => {
  const classifier = loadClassifier(hats);
  const { photos } = await predict(
    classifier,
    Array.from({ length: 8 }, (_, i) => bytesOf(i)),
  );
  classifier.dispose();
  const asked = Array.from({ length: 48 }, async (_, i) => {
    const form = new FormData();
    form.set("photo", new Blob([bytesOf(i % 8)]), "one.png");
    const { status, told: got } = await classify(i < 24 ? bytesOf(i % 8) : form);
    assert.equal(status, 200);
    const wanted = photos[i % 8];
    assert.deepEqual([got.photo, got.classes], [i < 24 ? "photo 0" : "one.png", wanted?.classes]);
    for (const [name, value] of Object.entries(wanted?.probabilities ?? {}))
      assert.ok(Math.abs((got.probabilities?.[name] ?? NaN) - value) < 1e-6, `photo ${i}, ${name}: ${value}`);
  });
  await Promise.all(asked);
});

test("what is no photo is answered 400 by its fault, what is too large 413, and the rest goes on", async () => {
  const [png, jpeg] = [bytesOf(0), bytesOf(1)];
  const wide = Buffer.from(png);
  wide.writeUInt32BE(60_000, 16);
  wide.writeUInt32BE(60_000, 20);
  const text = new FormData();
  text.set("photo", "hat");
  for (const [body, status, error] of [
    [undefined, 400, /^Cannot read image of 0 bytes: expected a photo, got none: the file is empty$/],
    ["a hat", 400, /^Cannot read image of 5 bytes: .* it is neither JPEG, PNG, GIF, BMP, WebP nor JPEG XL$/],
    [jpeg.subarray(0, 300), 400, /^Cannot read image of 300 bytes: expected a photo, got none: .*JPEG/],
    [png.subarray(0, 300), 400, /^Cannot read image of 300 bytes: expected a photo, got none: .*PNG/],
    [text, 400, /^Cannot read image of a form: expected one file, got 0 in fields: photo$/],
    [wide, 413, /expected at most 50000000 pixels, got 3600000000$/],
  ] as const) {
    const { told, ...got } = await classify(body);
    assert.deepEqual([got.status, Object.keys(told)], [status, ["error"]]);
    assert.match(told.error ?? "", error);
  }
  const long = request(`${served?.url}/classify`, {
    method: "POST",
    headers: { "content-length": 21 * 2 ** 20 },
  });
  long.flushHeaders(); // the answer does not wait for the body
  const refused = await responseOf(long);
  long.destroy();
  assert.equal(refused, 413);
  assert.equal((await classify(png)).status, 200);
  assert.doesNotMatch(served?.complaints() ?? "", /Error/);
});

test("GET / says what it is, GET /healthz that it lives", async () => {
  const { told } = await ask("/");
  const sizes = { resizeSide: 36, size: 32, interpolation: "slim" };
  assert.deepEqual(told, {
    classNames: NAMES,
    preprocessing: sizes,
    metrics: { accuracy: 0.75 },
    post: "/classify",
  });
  assert.deepEqual((await ask("/healthz")).told, { enqueued: 0 });
});

test("too many at once are answered 503 with Retry-After, and the others served", async () => {
  const statuses = await Promise.all(
    Array.from({ length: 400 }, async () => {
      const { status, headers } = await classify(bytesOf(0));
      return status === 503 ? `503 after ${headers.get("retry-after")}` : String(status);
    }),
  );
  const kinds = new Set(statuses);
  assert.ok(kinds.has("200"), [...kinds].join());
  assert.deepEqual(
    [...kinds].filter((kind) => !["200", "503 after 1"].includes(kind)),
    [],
  );
  assert.equal((await classify(bytesOf(0))).status, 200);
});

test("clients that go away leave nothing behind", async () => {
  const half = request(`${served?.url}/classify`, { method: "POST", headers: { "content-length": 1000 } });
  half.on("error", () => undefined);
  half.write("half of a photo");
  await until("a photo is being received", async () => (await ask("/healthz")).told.enqueued === 1);
  const leaving = new AbortController();
  const asked = Array.from({ length: 30 }, () => classify(bytesOf(0)));
  const left = Array.from({ length: 30 }, () =>
    classify(bytesOf(1), { signal: leaving.signal }).catch(() => "left"),
  );
  await Promise.race(asked);
  leaving.abort();
  half.destroy();
  await Promise.all([...asked, ...left]);
  await until("no photo waits", async () => (await ask("/healthz")).told.enqueued === 0);
  assert.doesNotMatch(served?.complaints() ?? "", /Error/);
});

const skip = existsSync("/proc/self/status") ? false : "memory is read from /proc";

test("the memory of 500 requests more is no more", { skip }, async () => {
  const child = served?.child;
  assert.ok(child);
  const some = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += 10)
      await Promise.all(
        Array.from({ length: 10 }, (_, j) => classify(j === 9 ? "no photo" : bytesOf(j % 8))),
      );
  };
  await some(500);
  const before = residentOf(child);
  await some(500);
  const grown = (residentOf(child) - before) / 2 ** 20;
  assert.ok(grown < 24, `${grown.toFixed(1)} MB`); // a leak of an image for each were 6 MB, of their files' buffers 5
});

test("SIGTERM: what has come is answered, then it ends with 0; open connections do not keep it", async () => {
  const { child, url } = await start();
  const agent = new Agent({ keepAlive: true });
  const idle = request(`${url}/healthz`, { agent });
  idle.end();
  assert.equal(await responseOf(idle), 200);
  const png = bytesOf(0);
  const headers = { "content-length": png.length };
  const half = request(`${url}/classify`, { method: "POST", agent: new Agent({ keepAlive: true }), headers });
  const answer = responseOf(half);
  half.write(png.subarray(0, 100));
  await until("a photo is being received", async () => (await ask("/healthz", {}, url)).told.enqueued === 1);
  child.kill("SIGTERM");
  const isClosed = (): Promise<boolean> => fetch(url).then(() => false, () => true); // prettier-ignore
  await until("no more is accepted", isClosed);
  half.end(png.subarray(100));
  assert.equal(await answer, 200);
  if (child.exitCode === null) await once(child, "exit");
  assert.equal(child.exitCode, 0);
  agent.destroy();
});

test("--help tells how it is used, and a folder without a classifier is named", () => {
  const run = (...args: string[]) => spawnSync(process.execPath, [program, ...args], { encoding: "utf8" });
  assert.match(run("--help").stdout, /^classify <folder of saveClassifier\(\)> .*--port[^]*POST \/classify/);
  assert.equal(run().status, 2);
  const none = run(root);
  assert.notEqual(none.status, 0);
  assert.match(none.stderr, /expected a folder of saveClassifier\(\)/);
});
