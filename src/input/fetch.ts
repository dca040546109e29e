/** Files from the internet, brought whole or not at all, and over several attempts if need be. */
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { finished } from "node:stream/promises";
import { setTimeout } from "node:timers/promises";
import { endedBy, finishFirst, interruptible } from "../interrupt";
import { kindOfFile } from "../tensorflow";
import { codeOf } from "./errorcode";
import { alone } from "./alone";

/** How far fetchFile() is, in bytes. */
export interface FetchProgress {
  readonly done: number;
  /** What the server says the file has; undefined where it does not. */
  readonly total: number | undefined;
}

/** Options of fetchFile(). */
export interface FetchOptions {
  /** What the file must have. @default what the server says */
  readonly bytes?: number;
  /** What the file must have, as 64 hexadecimal digits, or the first of them. @default not looked at */
  readonly sha256?: string;
  /** What the file must have, as 32 hexadecimal digits: for what is published with no better hash. @default not looked at */
  readonly md5?: string;
  /** Attempts after a cut connection or a busy server, each twice as late as the one before. @default 4 */
  readonly retries?: number;
  readonly onProgress?: (progress: FetchProgress) => void;
  /** Stops; what has come so far stays in `<target>.part` for the next time. @default the running cell's, if it is a notebook's */
  readonly signal?: AbortSignal;
}

const FIRST_DELAY_MS = 500;

/**
 * Fetches a file. What came before an interruption, in `<target>.part`, is not fetched again; a target that is already there
 * and has the right size and hash is left alone.
 * @returns the target
 * @throws {Error} with one line that names the address, if there is no connection, no such file, or another file than asked for
 */
export async function fetchFile(url: string, target: string, options: FetchOptions = {}): Promise<string> {
  const given = interruptible(options);
  return finishFirst(() => fetchAlone(url, target, given));
}

async function fetchAlone(url: string, target: string, options: FetchOptions): Promise<string> {
  if ((await sizeOf(target)) > 0 && (await fault(target, options)) === undefined) return target;
  try {
    await mkdir(path.dirname(target), { recursive: true });
    return await alone(target, options.signal, () => fetchTo(url, target, options));
  } catch (cause) {
    if (!isOfSystem(cause)) throw cause;
    throw new Error(`Cannot fetch "${url}": expected to write "${target}", got ${cause.message}`, { cause });
  }
}

/** Whether the disk refuses: it is full, or may not be written to. */
function isOfSystem(cause: unknown): cause is Error {
  return cause instanceof Error && "syscall" in cause;
}

async function fetchTo(url: string, target: string, options: FetchOptions): Promise<string> {
  const { retries = 4 } = options;
  if ((await sizeOf(target)) > 0 && (await fault(target, options)) === undefined) return target; // another has fetched it
  const part = `${target}.part`;
  if (options.sha256 === undefined && options.md5 === undefined && !existsSync(versionFile(part)))
    await rm(part, { force: true }); // nothing would tell that it is of another version
  const wasBegun = (await sizeOf(part)) > 0;
  await attempt(url, part, options, retries);
  let wrong = await fault(part, options);
  if (wrong !== undefined && wasBegun) {
    // The part of before may be of another version of the file.
    await removePart(part);
    await attempt(url, part, options, retries);
    wrong = await fault(part, options);
  }
  if (wrong !== undefined) {
    const kind = kindOfFile(part);
    await removePart(part);
    throw new Error(`Cannot fetch "${url}": expected ${wrong}${kind === undefined ? "" : `: ${kind}`}`);
  }
  await rename(part, target);
  await removePart(part);
  return target;
}

/** Where it stands of which version a part is, as the server names it. */
const versionFile = (part: string): string => `${part}.version`;

async function removePart(part: string): Promise<void> {
  for (const file of [part, versionFile(part)]) await rm(file, { force: true });
}

/** An answer that another attempt may better. */
class Interruption extends Error {}

async function attempt(url: string, part: string, options: FetchOptions, retries: number): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await fetchRest(url, part, options);
      return;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof Interruption)) throw error;
      if (tries >= retries) throw new Error(`${error.message}, ${tries + 1} times`, { cause: error.cause });
      await endedBy(
        options.signal,
        setTimeout(FIRST_DELAY_MS * 2 ** tries, undefined, { signal: options.signal }),
      );
    }
  }
}

/** Asks for what is not there yet, and appends it. */
async function fetchRest(url: string, part: string, options: FetchOptions): Promise<void> {
  const { onProgress, signal } = options;
  const have = await sizeOf(part);
  const known =
    have > 0 && existsSync(versionFile(part)) ? await readFile(versionFile(part), "utf8") : undefined;
  const headers: Record<string, string> = { "accept-encoding": "identity" };
  if (have > 0) headers["range"] = `bytes=${have}-`;
  if (known !== undefined) headers["if-range"] = known;
  const response = await answer(url, { headers, ...(signal === undefined ? {} : { signal }) });
  const range = response.headers.get("content-range");
  if (response.status === 416 && have > 0 && range === `bytes */${have}`)
    return void (await response.body?.cancel());
  const version = response.headers.get("etag") ?? response.headers.get("last-modified") ?? undefined;
  const isRest = response.status === 206;
  const [, from = NaN, whole = NaN] = /^bytes (\d+)-\d+\/(\d+)$/.exec(range ?? "") ?? [];
  const isOther = known !== undefined && version !== undefined && version !== known;
  if (response.status === 416 || (isRest && (isOther || (range !== null && Number(from) !== have)))) {
    await response.body?.cancel();
    await removePart(part);
    const got = isOther ? `that of another, ${version}` : `${response.status} ${range ?? ""}`.trim();
    throw new Interruption(`Cannot fetch "${url}": expected the rest of the file, got ${got}`);
  }
  if (version !== undefined && version !== known) await writeFile(versionFile(part), version);
  const isPacked = (response.headers.get("content-encoding") ?? "identity") !== "identity"; // then it is another length
  const length = Number((isPacked ? null : response.headers.get("content-length")) ?? NaN);
  const all = isRest && range !== null ? Number(whole) : (isRest ? have : 0) + length;
  const total = Number.isNaN(all) ? undefined : all;
  let done = isRest ? have : 0;
  const file = await open(part, isRest ? "a" : "w");
  try {
    for await (const chunk of chunksOf(url, response)) {
      await file.appendFile(chunk);
      done += chunk.length;
      onProgress?.({ done, total });
    }
  } finally {
    await file.close();
  }
  if (total !== undefined && done < total)
    throw new Interruption(`Cannot fetch "${url}": expected ${total} bytes, got ${done}`);
}

/** What comes, until it is all there or the connection is cut. */
async function* chunksOf(url: string, response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  for (;;) {
    const next = await reader?.read().catch((cause: unknown) => {
      throw new Interruption(`Cannot fetch "${url}": expected all of it, got cut off`, { cause });
    });
    if (next?.value === undefined) return;
    yield next.value;
  }
}

/**
 * What a server says.
 * @param isRight  whether that is what was asked for
 * @throws {Error} with one line that names the address, if there is no connection, or another answer
 */
export async function answer(
  url: string,
  request: RequestInit,
  isRight: (response: Response) => boolean = ({ ok, status }) => ok || status === 416,
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, request);
  } catch (cause) {
    request.signal?.throwIfAborted();
    const code = codeOf(cause);
    const message = `Cannot fetch "${url}": expected an answer from ${new URL(url).host}, got none (${code})`;
    if (OFFLINE.has(code)) throw new Error(`${message}; is this machine online?`, { cause });
    throw new Interruption(message, { cause });
  }
  if (isRight(response)) return response;
  await response.body?.cancel();
  const message = `Cannot fetch "${url}": expected a file, got ${response.status} ${response.statusText}`;
  throw response.status >= 500 || response.status === 429 ? new Interruption(message) : new Error(message);
}

/** What waiting a few seconds does not change. */
const OFFLINE = new Set(["ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ENETUNREACH", "EHOSTUNREACH"]);

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch {
    return 0;
  }
}

/** What a file should have and does not, in words. */
async function fault(file: string, { bytes, sha256, md5 }: FetchOptions): Promise<string | undefined> {
  const size = await sizeOf(file);
  if (size === 0 && bytes !== 0) return "a file, got an empty one";
  if (bytes !== undefined && size !== bytes) return `${bytes} bytes, got ${size}`;
  for (const [name, wanted] of [
    ["SHA-256", sha256],
    ["MD5", md5],
  ] as const) {
    if (wanted === undefined) continue;
    const found = await hashOf(file, name);
    if (!found.startsWith(wanted.toLowerCase())) return `${name} ${wanted}, got ${found}`;
  }
  return undefined;
}

/** The hash of a file in hexadecimal digits. */
export async function hashOf(file: string, name: "SHA-256" | "MD5"): Promise<string> {
  const hash = createHash(name);
  await finished(createReadStream(file).on("data", (chunk) => hash.update(chunk)));
  return hash.digest("hex");
}
