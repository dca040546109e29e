/** Attributes of TensorFlow's operations, read. */
import type { GraphNode } from "../../tensorflow";

/** A list of whole numbers. */
export function listOf({ attrs }: GraphNode, name: string, without: readonly number[] = []): number[] {
  const list = attrs[name]?.list?.i;
  return (list === undefined || list.length === 0 ? without : list).map(Number);
}

/** A number. */
export function numberOf({ attrs }: GraphNode, name: string, without: number): number {
  const { i, f } = attrs[name] ?? {};
  return Number(f ?? i ?? without);
}

/** Yes or no. */
export function flagOf({ attrs }: GraphNode, name: string): boolean {
  return attrs[name]?.b === true;
}

/** A word. */
export function wordOf({ attrs }: GraphNode, name: string, without = ""): string {
  const bytes = attrs[name]?.s;
  return bytes === undefined ? without : Buffer.from(bytes).toString();
}

/** The error of what ONNX lacks. */
export function lacks({ name, op }: GraphNode, expected: string, got: string): TypeError {
  return new TypeError(`Cannot export to ONNX: expected ${expected}, got ${got} of "${name}" (${op})`);
}
