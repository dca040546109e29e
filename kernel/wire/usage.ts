import { readFile } from "node:fs/promises";
import { cpus, freemem, hostname, totalmem } from "node:os";
import { processes, treeOf } from "../interrupt/processes";
import { type Json } from "../protocol";

/** What a process has used of processors so far, and of memory now. */
interface Process {
  readonly cpuSeconds: number;
  /** In bytes; pages that several processes share are shared among them. */
  readonly memory: number;
}

/** Clock ticks of /proc per second, on every Linux that Node runs on. */
const ticksPerSecond = 100;

/**
 * Answers usage_request, by which jupyter-resource-usage shows what a kernel uses, in the fields of ipykernel. Where there is
 * no /proc, as on macOS, children are not counted.
 */
export class Usage {
  /** By process, what the last answer was worked out from. */
  #processes: ReadonlyMap<number, Process> = new Map();
  #host: readonly number[] = [];
  #time = performance.now();

  /** The content of usage_reply: processors in percent of one since the last answer, memory in bytes. */
  async answer(): Promise<Json> {
    const [before, host, time] = [this.#processes, this.#host, this.#time];
    this.#processes = await family();
    this.#host = await hostTimes();
    this.#time = performance.now();
    const all = [...this.#processes];
    const seconds = sum(
      all.map(([id, { cpuSeconds }]) => cpuSeconds - (before.get(id)?.cpuSeconds ?? cpuSeconds)),
    );
    const hostPercent = busyPercent(this.#host, host);
    return {
      hostname: hostname(),
      pid: process.pid,
      kernel_cpu: round((100_000 * seconds) / Math.max(1, this.#time - time)),
      kernel_memory: sum(all.map(([, { memory }]) => memory)),
      ...(hostPercent > 0 && { host_cpu_percent: hostPercent }),
      cpu_count: cpus().length,
      host_virtual_memory: await hostMemory(),
    };
  }
}

/** This process and all that descend from it. */
async function family(): Promise<Map<number, Process>> {
  const found = new Map<number, Process>();
  const running = process.platform === "linux" ? treeOf(process.pid, processes()) : [];
  for (const { pid } of running) {
    const it = await processOf(pid);
    if (it !== undefined) found.set(pid, it);
  }
  if (found.size > 0) return found;
  const { user, system } = process.cpuUsage();
  return found.set(process.pid, { cpuSeconds: (user + system) / 1e6, memory: process.memoryUsage.rss() });
}

/** A process; undefined if it has ended. */
async function processOf(id: number): Promise<Process | undefined> {
  const stat = await read(`/proc/${id}/stat`);
  const rollup = await read(`/proc/${id}/smaps_rollup`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // a program's name may have spaces in it
  const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  return { cpuSeconds, memory: kibibytes(rollup ?? "", "Pss") };
}

/** The host's processors: time in each state, as the first line of /proc/stat has it. */
async function hostTimes(): Promise<number[]> {
  const [line = ""] = ((await read("/proc/stat")) ?? "").split("\n");
  return line.split(/\s+/).slice(1, 9).map(Number); // without guests' time, which is counted as the user's too
}

function busyPercent(now: readonly number[], before: readonly number[]): number {
  const spent = now.map((ticks, state) => ticks - (before[state] ?? ticks));
  const [, , , idle = 0, waiting = 0] = spent;
  const all = sum(spent);
  return all > 0 ? round((100 * (all - idle - waiting)) / all) : 0;
}

async function hostMemory(): Promise<Json> {
  const info = await read("/proc/meminfo");
  const of = (name: string): number => kibibytes(info ?? "", name);
  const [total, available] =
    info === undefined ? [totalmem(), freemem()] : [of("MemTotal"), of("MemAvailable")];
  const used = total - available;
  const common = { total, available, percent: round((100 * used) / total), used };
  if (info === undefined) return { ...common, free: available };
  const [free, active, inactive, buffers] = [of("MemFree"), of("Active"), of("Inactive"), of("Buffers")];
  const cached = of("Cached") + of("SReclaimable");
  return { ...common, free, active, inactive, buffers, cached, shared: of("Shmem"), slab: of("Slab") };
}

/** The number of bytes on a line such as "Pss:   1234 kB"; 0 if there is none. */
function kibibytes(text: string, name: string): number {
  return 1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0);
}

function read(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function round(percent: number): number {
  return Math.round(10 * percent) / 10;
}
