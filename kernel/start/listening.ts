/**
 * A kernel listens from its process's first moment, long before it serves: a front end that finds nobody tries again only
 * after a tenth or two of a second, while what one sends that was let in waits just as long as it must.
 */
import { closeSync, readFileSync } from "node:fs";
import type { Descriptors } from "../wire/descriptors";
import type { Listening } from "../wire/post";

const ports = ["shell_port", "control_port", "stdin_port", "iopub_port", "hb_port"] as const;

/** Where a process that was begun anew finds them. */
const variable = "SLIMLAB_LISTENING";

/** Listens where a connection file says; undefined if it can't, of which those who serve then say why. */
export function listen({ listen }: Descriptors, connectionFile: string): Listening | undefined {
  const open: number[] = [];
  try {
    const file: unknown = JSON.parse(readFileSync(connectionFile, "utf8"));
    const field = (name: string): unknown => Reflect.get(Object(file), name);
    if ((field("transport") ?? "tcp") !== "tcp") return undefined;
    const ip = field("ip") === "localhost" ? "127.0.0.1" : String(field("ip"));
    for (const name of ports) open.push(listen(ip, Number(field(name))));
    return named(open);
  } catch {
    for (const descriptor of open) closeSync(descriptor);
    return undefined;
  }
}

/**
 * Has the process that this one becomes find what listens.
 * @returns the descriptors that it is to have
 */
export function handOn(listening: Listening): string[] {
  const descriptors = ports.map((name) => String(listening[name]));
  process.env[variable] = descriptors.join();
  return descriptors;
}

/** What the process before this one has handed on. */
export function handedOn({ own }: Descriptors): Listening | undefined {
  const found = process.env[variable];
  delete process.env[variable]; // of cells' environment it is no part
  if (found === undefined) return undefined;
  own(found.split(","));
  return named(found.split(",").map(Number));
}

function named([
  shell_port = -1,
  control_port = -1,
  stdin_port = -1,
  iopub_port = -1,
  hb_port = -1,
]: readonly number[]): Listening {
  return { shell_port, control_port, stdin_port, iopub_port, hb_port };
}
