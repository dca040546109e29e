/** Attributes of a graph's operations, read. */
import type { GraphNode } from "./graph";

/** A list of whole numbers. */
export function listOf(
  { attrs }: Pick<GraphNode, "attrs">,
  name: string,
  without: readonly number[] = [],
): number[] {
  const list = attrs[name]?.list?.i;
  return (list === undefined || list.length === 0 ? without : list).map(Number);
}

/** A number. */
export function numberOf({ attrs }: Pick<GraphNode, "attrs">, name: string, without: number): number {
  const { i, f } = attrs[name] ?? {};
  return Number(f ?? i ?? without);
}

/** Yes or no. */
export function flagOf({ attrs }: Pick<GraphNode, "attrs">, name: string): boolean {
  return attrs[name]?.b === true;
}

/** A word. */
export function wordOf({ attrs }: Pick<GraphNode, "attrs">, name: string, without = ""): string {
  const bytes = attrs[name]?.s;
  return bytes === undefined ? without : Buffer.from(bytes).toString();
}
