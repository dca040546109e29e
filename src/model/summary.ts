import { table, type Table, type TableRow } from "../display/table";
import type { EndpointDeclaration, NetworkDeclaration } from "./declare";
import { GLOBAL_POOL } from "./layers";
import type { ModelVariable, ModelVariables } from "./variables";

/** Options of Model.summary(). */
export interface SummaryOptions {
  /** What a row is: a unit, such as a residual one, or each layer in it. @default "units" */
  readonly rows?: "units" | "layers";
}

interface SummaryInput extends SummaryOptions {
  readonly head: string;
  readonly architecture: string;
  readonly numClasses: number;
}

/** The table of a network: its parts in order of computation, under TF-Slim's names, and a total. */
export function summarize(
  declaration: NetworkDeclaration,
  variables: ModelVariables,
  { head, architecture, numClasses, rows: level = "units" }: SummaryInput,
): Table {
  const shown = partsOf(declaration.endpoints, level);
  const trainable = variables.all().filter((variable) => variable.trainable);
  const sizes = sizesByRow(trainable, shown, declaration);
  const rows: TableRow[] = [];
  const add = (endpoint: string, shape: readonly number[]): void =>
    void rows.push({ endpoint, output: shapeText(shape), parameters: sizes.get(endpoint) ?? 0 });
  let last: readonly number[] = [];
  for (const { name, shape } of shown) {
    if (name === GLOBAL_POOL) for (const layer of unnamed(sizes, shown, head)) add(layer, last);
    last = shape.slice(1);
    add(name, last);
  }
  add(head, [numClasses]);
  rows.push({ endpoint: "total", output: "", parameters: sumOf(trainable) });
  const moving = variables.all().filter((variable) => !variable.trainable);
  const caption = `${architecture}: trainable parameters; ${moving.length} moving statistics besides`;
  return table(rows, { columns: ["endpoint", "output", "parameters"], caption });
}

/** An endpoint with others in its scope is a unit; with units in its scope it is a block, which gives what its last unit gives. */
function partsOf(
  endpoints: readonly EndpointDeclaration[],
  level: "units" | "layers",
): readonly EndpointDeclaration[] {
  const names = endpoints.map(({ name }) => name);
  const isInside = (name: string, scope: string): boolean => name.startsWith(`${scope}/`);
  const holding = names.filter((scope) => names.some((name) => isInside(name, scope)));
  const units = holding.filter((scope) => !holding.some((other) => isInside(other, scope)));
  const isShown = (name: string): boolean => {
    if (units.includes(name)) return true;
    if (holding.includes(name)) return false;
    return level === "layers" || !units.some((scope) => isInside(name, scope));
  };
  return endpoints.filter(({ name }) => isShown(name));
}

/**
 * How many numbers each row has: a variable's are those of the innermost row in whose scope it is, with or without the network's own
 * scope before it; else of the first row after it, but of no mean over all pixels: there they are their layer's own.
 */
function sizesByRow(
  trainable: readonly ModelVariable[],
  shown: readonly EndpointDeclaration[],
  { endpoints, places }: NetworkDeclaration,
): ReadonlyMap<string, number> {
  const rows = new Set(shown.map(({ name }) => name));
  const after = (place: number): string | undefined =>
    endpoints.slice(place).find(({ name }) => rows.has(name))?.name;
  const sizes = new Map<string, number>();
  for (const { name, variable } of trainable) {
    const next = after(places.get(name) ?? Infinity);
    const layer = name.slice(0, name.lastIndexOf("/")).replace(/\/BatchNorm$/, "");
    const row = scopeAmong(rows, name) ?? (next === GLOBAL_POOL ? undefined : next) ?? layer;
    sizes.set(row, (sizes.get(row) ?? 0) + variable.size);
  }
  return sizes;
}

function scopeAmong(rows: ReadonlySet<string>, name: string): string | undefined {
  for (const path of [name, name.slice(name.indexOf("/") + 1)])
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1))
      if (rows.has(path.slice(0, end))) return path.slice(0, end);
  return undefined;
}

/** Layers without an endpoint before the mean over all pixels, as a ResNet v2's last normalization. */
function unnamed(
  sizes: ReadonlyMap<string, number>,
  shown: readonly EndpointDeclaration[],
  head: string,
): readonly string[] {
  return [...sizes.keys()].filter((row) => row !== head && !shown.some(({ name }) => name === row));
}

const shapeText = (shape: readonly number[]): string => ["batch", ...shape].join(" × ");

function sumOf(variables: readonly ModelVariable[]): number {
  return variables.reduce((sum, { variable }) => sum + variable.size, 0);
}
