import { table, type Table, type TableRow } from "../display/table";
import type { NetworkDeclaration } from "./declare";
import { GLOBAL_POOL } from "./layers";
import type { ModelVariables } from "./variables";

/** Options of Model.summary(). */
export interface SummaryOptions {
  /** What a row is: a residual unit, or each layer in it. @default "units" */
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
  const pooled = declaration.endpoints.find(({ name }) => name === GLOBAL_POOL);
  const parts = declaration.endpoints.filter((part) => part !== pooled && !isBlock(part.name));
  const shown = level === "layers" ? parts : parts.filter(({ name }) => isUnit(name) || !isInsideUnit(name));
  const sizes = parametersUnder(variables);
  const rows: TableRow[] = shown.map(({ name, shape: [, ...shape] }) => ({
    endpoint: name,
    output: shapeText(shape),
    parameters: sizes(level === "layers" && isUnit(name) ? `${name}/preact` : name),
  }));
  const postnorm = `${architecture}/postnorm`;
  const [, ...last] = parts.at(-1)?.shape ?? [];
  if (variables.find(`${postnorm}/gamma`) !== undefined) {
    rows.push({ endpoint: postnorm, output: shapeText(last), parameters: sizes(postnorm) });
  }
  if (pooled !== undefined)
    rows.push({ endpoint: GLOBAL_POOL, output: shapeText(pooled.shape.slice(1)), parameters: 0 });
  rows.push({ endpoint: head, output: shapeText([numClasses]), parameters: sizes(head) });
  rows.push({ endpoint: "total", output: "", parameters: sizes("") });
  const moving = variables.all().filter(({ trainable }) => !trainable);
  const caption = `${architecture}: trainable parameters; ${moving.length} moving statistics besides`;
  return table(rows, { columns: ["endpoint", "output", "parameters"], caption });
}

const isBlock = (name: string): boolean => /\/block\d+$/.test(name);
const isUnit = (name: string): boolean => /\/bottleneck_v\d$/.test(name);
const isInsideUnit = (name: string): boolean => /\/bottleneck_v\d\//.test(name);
const shapeText = (shape: readonly number[]): string => ["batch", ...shape].join(" × ");

/** Counts the trainable numbers in a scope; "" is everything. */
function parametersUnder(variables: ModelVariables): (scope: string) => number {
  const trainable = variables.all().filter((variable) => variable.trainable);
  return (scope) =>
    trainable
      .filter(({ name }) => scope === "" || name.startsWith(`${scope}/`))
      .reduce((sum, { variable }) => sum + variable.size, 0);
}
