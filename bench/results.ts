/** Results that are kept, a file for each processor, so that a figure has its machine. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join, relative, resolve } from "node:path";

const root = resolve(__dirname, "../..");
/** Virtual machines call many processors by one name. */
const information = "/proc/cpuinfo";

/**
 * Notes a result among those of this processor, in place of the one that this bench had there.
 * @param result  of one bench, by its name
 * @returns the file, from the project's folder
 */
export function keep(result: { readonly bench: string }): string {
  const folder = join(root, "bench", "results");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${processorName()}.json`);
  const kept: unknown = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  const all = typeof kept === "object" ? { ...kept, [result.bench]: result } : { [result.bench]: result };
  const sorted = Object.fromEntries(Object.entries(all).sort(([a], [b]) => a.localeCompare(b)));
  writeFileSync(file, `${JSON.stringify(sorted, undefined, 2)}\n`);
  return relative(root, file);
}

/** e.g. "2x-intel-xeon-processor-167": how many, what they call themselves, and the model's number where Linux knows it. */
function processorName(): string {
  const name = (cpus()[0]?.model ?? "unknown").toLowerCase().replace(/\((r|tm)\)/g, "");
  const [, model = ""] = existsSync(information)
    ? (/^model\s*: (\d+)/m.exec(readFileSync(information, "utf8")) ?? [])
    : [];
  return `${cpus().length}x ${name} ${model}`.trim().replace(/[^a-z0-9.]+/g, "-");
}
