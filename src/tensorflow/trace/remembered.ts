/** What was measured of functions on this processor, kept for later processes in the project's cache folder. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { cacheFolder } from "../runtime/addon";
import { digestOfFunction } from "./digest";
import type { RecordedPrecision } from "./precision";
import type { Entry } from "./recordings";
import { device, version } from "../runtime/runtime";

/** Seconds that a call takes in each precision. */
export type Measured = Readonly<Record<RecordedPrecision, number>>;

/** What a recording is remembered by: the processor, TensorFlow's version, its operations and all shapes. */
export function memoryKey({ fn, signature }: Entry): string {
  const shapes = [signature.inputs, fn.captures.map(({ shape }) => shape)];
  const parts = [processor(), version(), digestOfFunction(fn.name), shapes];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** What was measured of it before, by this process or another. */
export function recall(key: string): Measured | undefined {
  const { [key]: known } = read();
  return isMeasured(known) ? known : undefined;
}

/** Keeps what was measured, if the folder can be written to; if not, the next process measures again. */
export function remember(key: string, measured: Measured): void {
  const folder = cacheFolder();
  const others = Object.entries(read()).filter(([other]) => other !== key);
  const kept = Object.fromEntries([...others.slice(1 - MOST), [key, measured] as const]);
  const part = join(folder, `${FILE}.${process.pid}`);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(part, `${JSON.stringify(kept, undefined, 1)}\n`);
    renameSync(part, join(folder, FILE));
  } catch {
    return; // a folder that is read-only, or full
  }
}

const FILE = "precision.json";
const MOST = 1000;

function read(): Readonly<Record<string, unknown>> {
  try {
    const known: unknown = JSON.parse(readFileSync(join(cacheFolder(), FILE), "utf8"));
    return typeof known === "object" ? { ...known } : {};
  } catch {
    return {}; // none yet, or a file that another has spoilt: all is measured again
  }
}

function isMeasured(known: unknown): known is Measured {
  const { float32, bfloat16 } = (known ?? {}) as Partial<Record<RecordedPrecision, unknown>>;
  return [float32, bfloat16].every((seconds) => typeof seconds === "number" && seconds > 0);
}

const INFORMATION = "/proc/cpuinfo";
const INSTRUCTIONS = /\b(amx_bf16|avx512_bf16|bf16)\b/g;

/** The instructions of this processor for bfloat16, as far as Linux tells. */
function instructions(): readonly string[] {
  const text = existsSync(INFORMATION) ? readFileSync(INFORMATION, "utf8") : "";
  const [flags = ""] = /^(flags|Features)\s*:.*$/m.exec(text) ?? [];
  return flags.match(INSTRUCTIONS) ?? [];
}

/** Whether bfloat16 may be worth a trial: without instructions for it, one step may take minutes. */
export function hasBfloat16(): boolean {
  return device().isGpu || instructions().length > 0;
}

/** Virtual machines call many processors by one name, so it is told by its instructions too, and by what TensorFlow makes of them. */
function processor(): readonly unknown[] {
  const { TF_ENABLE_ONEDNN_OPTS, ONEDNN_MAX_CPU_ISA } = process.env;
  const told = [TF_ENABLE_ONEDNN_OPTS ?? "", ONEDNN_MAX_CPU_ISA ?? ""];
  return [device().name, cpus()[0]?.model ?? "", availableParallelism(), instructions(), told];
}
