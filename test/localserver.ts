/** A server of files on this machine, for what fetches. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { basename, dirname, join } from "node:path";

/** A server on this machine. */
export interface LocalServer {
  readonly url: string;
  /** Of each request: its address and range. */
  readonly asked: string[];
}

/** @param number  how many requests there were, this one included */
type Answer = (request: IncomingMessage, response: ServerResponse, number: number) => void;

/** Serves on a free port of this machine while `work` runs. */
export async function withServer(
  answer: Answer,
  work: (server: LocalServer) => Promise<void>,
): Promise<void> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.url ?? ""} ${request.headers.range ?? "whole"}`);
    answer(request, response, asked.length);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  try {
    await work({ url: `http://127.0.0.1:${port ?? 0}/`, asked });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** Answers with a file, or with what is left of it. */
export function serve(request: IncomingMessage, response: ServerResponse, file: Buffer, etag = '"1"'): void {
  const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
  const isSame = request.headers["if-range"] === undefined || request.headers["if-range"] === etag;
  const start = isSame ? from : 0;
  if (start > 0 && start >= file.length) {
    response.writeHead(416, { "content-range": `bytes */${file.length}` }).end();
    return;
  }
  const headers = { "content-length": file.length - start, etag };
  response.writeHead(start > 0 ? 206 : 200, headers).end(file.subarray(start));
}

/** Answers with the first bytes of a file, and hangs up when some have been written. @param place  the path that a file's part begins with */
export function cutOff(response: ServerResponse, file: Buffer, bytes: number, place: string): void {
  response.writeHead(200, { "content-length": file.length, etag: '"1"' });
  response.write(file.subarray(0, bytes));
  const timer = setInterval(() => {
    if (hasBytes(place)) response.destroy();
    if (response.destroyed) clearInterval(timer);
  }, 10);
}

function hasBytes(place: string): boolean {
  const [folder, name] = [dirname(place), basename(place)];
  if (!existsSync(folder)) return false;
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((one) =>
    one.startsWith(name),
  );
  return files.some((one) => {
    const found = statSync(join(folder, one), { throwIfNoEntry: false });
    return found?.isFile() === true && found.size > 0;
  });
}

/** An address of this machine where no one answers any more. */
export async function closedAddress(): Promise<string> {
  let closed = "";
  const note = ({ url }: LocalServer): Promise<void> => {
    closed = url;
    return Promise.resolve();
  };
  await withServer(() => undefined, note);
  return closed;
}
