import { readFileSync, statSync } from "node:fs";
import { isIPv6 } from "node:net";
import { type Json } from "../protocol";

/** Where a kernel listens, as Jupyter's connection files have it. */
export interface Connection {
  readonly transport: "tcp" | "ipc";
  /** An address of this machine; for ipc the beginning of the sockets' paths. */
  readonly ip: string;
  readonly shell_port: number;
  readonly iopub_port: number;
  readonly stdin_port: number;
  readonly control_port: number;
  readonly hb_port: number;
  /** Signs messages; "" if they are not signed. */
  readonly key: string;
  /** "hmac-" and one of OpenSSL's digests. */
  readonly signature_scheme: string;
  /** The kernel's own keys where all that goes over the sockets is encrypted, each in 40 letters of Z85. */
  readonly curve?: CurveKeys;
}

/** A pair of keys of CurveZMQ. */
export interface CurveKeys {
  readonly publicKey: string;
  readonly secretKey: string;
}

type Port = "shell_port" | "iopub_port" | "stdin_port" | "control_port" | "hb_port";

/**
 * Reads a connection file.
 * @param warn  hears if others than the user can read the file, and the key in it
 * @throws {Error} if it is not there or says something else than Jupyter's connection files do
 */
export function readConnection(path: string, warn: (line: string) => void = console.error): Connection {
  const fields = readFields(path);
  const field = <T>(name: string, expected: string, read: (value: unknown) => T | undefined): T => {
    const value = fields.get(name);
    const result = read(value);
    if (result !== undefined) return result;
    throw mismatch(path, `${name} to be ${expected}`, JSON.stringify(value) ?? "nothing");
  };
  const port = (name: Port): number => field(name, "a port from 1 to 65535", readPort);
  const [publicKey, secretKey] = (["curve_publickey", "curve_secretkey"] as const).map((name) =>
    fields.has("curve_publickey") || fields.has("curve_secretkey")
      ? field(name, "a key of 40 letters", readCurveKey)
      : undefined,
  );
  const connection: Connection = {
    transport: field("transport", '"tcp" or "ipc"', readTransport),
    ip: field("ip", "an address", (value) => (typeof value === "string" && value !== "" ? value : undefined)),
    shell_port: port("shell_port"),
    iopub_port: port("iopub_port"),
    stdin_port: port("stdin_port"),
    control_port: port("control_port"),
    hb_port: port("hb_port"),
    key: field("key", "a string", (value) => (typeof value === "string" ? value : undefined)),
    signature_scheme: field("signature_scheme", '"hmac-sha256" or another digest', readScheme),
    ...(publicKey !== undefined && secretKey !== undefined && { curve: { publicKey, secretKey } }),
  };
  const mode = statSync(path).mode & 0o777;
  if (process.platform !== "win32" && (mode & 0o077) !== 0) {
    warn(
      `Others can read the connection file "${path}" and the key in it: expected mode 600, got ${mode.toString(8)}`,
    );
  }
  return connection;
}

/** The address of one of a connection's sockets, as ZeroMQ takes it. */
export function endpoint({ transport, ip, ...ports }: Connection, port: Port): string {
  if (transport === "ipc") return `ipc://${ip}-${ports[port]}`;
  const host = ip === "localhost" ? "127.0.0.1" : ip; // ZeroMQ binds to addresses, not to names
  return `tcp://${isIPv6(host) ? `[${host}]` : host}:${ports[port]}`;
}

/** The content of connect_reply. */
export function portsOf(connection: Connection): Json {
  const { shell_port, iopub_port, stdin_port, hb_port, control_port } = connection;
  return { status: "ok", shell_port, iopub_port, stdin_port, hb_port, control_port };
}

function readFields(path: string): Map<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new Error(`Cannot read connection file "${path}"`, { cause: error });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`Cannot read connection file "${path}": expected JSON`, { cause: error });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return new Map(Object.entries(value));
  throw mismatch(path, "an object", JSON.stringify(value).slice(0, 100));
}

function readPort(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value <= 65535
    ? value
    : undefined;
}

/** Z85: 5 letters for 4 bytes. */
function readCurveKey(value: unknown): string | undefined {
  return typeof value === "string" && /^[0-9a-zA-Z.\-:+=^!/*?&<>()[\]{}@%$#]{40}$/.test(value)
    ? value
    : undefined;
}

function readTransport(value: unknown): "tcp" | "ipc" | undefined {
  if (value === undefined) return "tcp";
  return value === "tcp" || value === "ipc" ? value : undefined;
}

/** The digest of a scheme, e.g. "sha256" of "hmac-sha256"; undefined if OpenSSL has no such digest. */
export function digestOf(scheme: string): string | undefined {
  const digest = /^hmac-(.+)$/.exec(scheme)?.[1];
  if (digest === undefined || digest === "sha256") return digest; // Jupyter's own: a kernel's start need not wait for OpenSSL
  try {
    process.getBuiltinModule("node:crypto").createHmac(digest, "");
    return digest;
  } catch {
    return undefined;
  }
}

function readScheme(value: unknown): string | undefined {
  if (value === undefined || value === "") return "hmac-sha256";
  return typeof value === "string" && digestOf(value) !== undefined ? value : undefined;
}

function mismatch(path: string, expected: string, got: string): TypeError {
  return new TypeError(`Cannot read connection file "${path}": expected ${expected}, got ${got}`);
}
