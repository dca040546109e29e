import { dataTypeName } from "../runtime/datatype";
import type { RecordedNode, Source } from "./recorded";

interface Recorded {
  readonly name: string;
  readonly nodes: readonly RecordedNode[];
}

/**
 * Two recordings of one function on the same example must be equal: where they are not, it uses something that changes.
 * @throws {TypeError} that tells the first operation that differs
 */
export function expectSame(first: Recorded, second: Recorded): void {
  const places = new Map<RecordedNode, number>();
  for (const { nodes } of [first, second]) nodes.forEach((node, i) => places.set(node, i));
  const seen = (node: RecordedNode | undefined): string =>
    JSON.stringify([
      node?.op,
      node?.attrs,
      node?.inputs.map((input) => placeOf(input, places)),
      contents(node),
    ]);
  const length = Math.max(first.nodes.length, second.nodes.length);
  const at = Array.from({ length }, (_, i) => i).find((i) => seen(first.nodes[i]) !== seen(second.nodes[i]));
  if (at === undefined) return;
  const [before, after] = [first.nodes[at], second.nodes[at]];
  const isConstant = before?.constant !== undefined && after?.constant !== undefined;
  const what = isConstant ? "a constant" : `operation ${at + 1}`;
  throw new TypeError(
    `Cannot trace "${first.name}": expected a function that does the same at each call, got one in which ${what} was ` +
      `${told(before)}, then ${told(after)}: it runs at the recording alone, so what changes must come in as a tensor`,
  );
}

function placeOf(source: Source, places: ReadonlyMap<RecordedNode, number>): unknown {
  return source.kind === "node" ? [places.get(source.node), source.output] : [source.kind, source.index];
}

function contents(node: RecordedNode | undefined): unknown {
  if (node?.constant === undefined) return undefined;
  const { dtype, shape, values } = node.constant;
  const parts = ArrayBuffer.isView(values) ? [values] : values;
  const bytes = parts.map((one) =>
    Buffer.from(one.buffer, one.byteOffset, one.byteLength).toString("latin1"),
  );
  return [dtype, shape, bytes];
}

function told(node: RecordedNode | undefined): string {
  if (node === undefined) return "absent";
  if (node.constant === undefined) return `"${node.op}"`;
  const { dtype, values } = node.constant;
  if (!ArrayBuffer.isView(values)) return JSON.stringify(values.map((text) => Buffer.from(text).toString()));
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  const name = dataTypeName(dtype);
  if ((name !== "float32" && name !== "int32") || bytes.length !== 4) return `other ${name} values`;
  return String(name === "float32" ? bytes.readFloatLE() : bytes.readInt32LE());
}
