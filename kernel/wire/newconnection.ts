import { randomBytes } from "node:crypto";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import type { Connection, CurveKeys } from "./connection";
import { freePorts } from "./ports";

/**
 * Makes up a connection on this machine's loopback, with free ports and a random key, and writes it to a file that only
 * the user can read: for a kernel that is started without Jupyter.
 * @param curve  keys by which to encrypt. @default not encrypted
 */
export async function writeConnection(path: string, curve?: CurveKeys): Promise<Connection> {
  const [shell_port = 0, iopub_port = 0, stdin_port = 0, control_port = 0, hb_port = 0] = await freePorts(5);
  const key = randomBytes(32).toString("hex");
  const address = { transport: "tcp", ip: "127.0.0.1", key, signature_scheme: "hmac-sha256" } as const;
  const connection: Connection = { ...address, shell_port, iopub_port, stdin_port, control_port, hb_port };
  const keys = curve && { curve_publickey: curve.publicKey, curve_secretkey: curve.secretKey };
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(unfinished, `${JSON.stringify({ ...connection, ...keys }, undefined, 2)}\n`, {
      mode: 0o600,
      flag: "wx",
    });
    renameSync(unfinished, path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw new Error(`Cannot write connection file "${path}"`, { cause: error });
  }
  return curve === undefined ? connection : { ...connection, curve };
}
