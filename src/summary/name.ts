/** Names of event files. */
import { readdirSync } from "node:fs";
import { hostname } from "node:os";

const PATTERN = /^events\.out\.tfevents\.(\d+)\./;
let written = 0;

/** Whether TensorBoard takes a file of that name for an event file. */
export const isEventFile = (name: string): boolean => name.includes("tfevents") && !name.endsWith(".part");

/**
 * A name for a new event file, which comes after those that are there: readers go by the order of the names.
 * @see tensorflow/core/util/events_writer.cc
 */
export function nextEventFile(folder: string, suffix: string): string {
  const times = readdirSync(folder).map((name) => Number(PATTERN.exec(name)?.[1] ?? 0));
  const seconds = Math.max(Math.floor(Date.now() / 1000), ...times.map((time) => time + 1));
  const time = String(seconds).padStart(10, "0");
  return `events.out.tfevents.${time}.${hostname()}.${process.pid}.${written++}${suffix}`;
}
