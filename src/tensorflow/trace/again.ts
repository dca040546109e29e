/** What a recording computes again on the way back, since that takes less time than its memory is worth. */
import { attr } from "../runtime/attributes";
import { dataTypeNumber } from "../runtime/datatype";
import type { FunctionParts } from "./functiondef";
import { movedBy, type RecordedNode, type Source } from "./recorded";
import { usersOf } from "./users";

/** Which input of a filter's gradient is what its layer was given, and which is the gradient that comes back to the layer. */
interface Way {
  readonly held: number;
  readonly back: number;
}

const BACK_FIRST: Way = { held: 0, back: 1 };
const WAYS: Readonly<Record<string, (node: RecordedNode) => Way | undefined>> = {
  Conv2DBackpropFilter: () => ({ held: 0, back: 2 }),
  MatMul: ({ attrs }) => (attrs.transpose_a?.b === true ? BACK_FIRST : undefined), // of a 1 x 1 convolution
  BatchMatMulV2: ({ attrs }) => (attrs.adj_x?.b === true ? BACK_FIRST : undefined), // of Winograd's
};

const FLOAT = dataTypeNumber("float32");
const IS_BACK = /Grad|Backprop/;

/**
 * The same recording with less memory: what batch normalization and Winograd's spreading give is not held for the gradient of the
 * next filter, if that alone needs it on the way back, but computed again of what is held anyway, by one pass over memory, when
 * the gradient has come there. The values are the same.
 */
export function computeAgain<R extends Pick<FunctionParts, "nodes" | "outputs">>(run: R): R {
  const users = usersOf(run);
  const nodes: RecordedNode[] = [];
  const inputs = new Map<RecordedNode, Source[]>(run.nodes.map((node) => [node, []]));
  const copies = new Map(run.nodes.map((node) => [node, { ...node, inputs: inputs.get(node) ?? [] }]));
  const moved = movedBy(copies);
  const add = (node: RecordedNode): Source => {
    nodes.push({ ...node, inputs: node.inputs.map(moved) });
    return { kind: "node", node: nodes[nodes.length - 1] ?? node, output: 0 };
  };
  const again = (source: Source, by: RecordedNode, back: Source): Source => {
    const node = source.kind === "node" ? source.node : undefined;
    const [first, ...rest] = node?.inputs ?? [];
    if (node === undefined || first === undefined) return source;
    const others = (users.get(node) ?? []).filter((user) => user !== by);
    if (node.op === "Reshape" && others.length === 0) {
      const computed = again(first, node, back);
      return computed === first ? source : add({ ...node, inputs: [computed, ...rest] });
    }
    const isHeld = others.some((user) => user === undefined || IS_BACK.test(user.op));
    if (isHeld || !isCheap(node)) return source;
    const after = [again(first, node, back), ...rest, back];
    const attrs = { ...node.attrs, afters: attr.int(1) };
    return add({ ...node, inputs: after, inputTypes: [...node.inputTypes, FLOAT], attrs });
  };
  for (const node of run.nodes) {
    const { held = -1, back = -1 } = WAYS[node.op]?.(node) ?? {};
    const slope = node.inputs[back];
    const own = node.inputs.map((input, i) =>
      moved(i === held && slope !== undefined ? again(input, node, slope) : input),
    );
    inputs.get(node)?.push(...own);
    nodes.push(copies.get(node) ?? node);
  }
  const outputs = run.outputs.map(({ source, dtype }) => ({ source: moved(source), dtype }));
  return { ...run, nodes, outputs };
}

/** Whether a node passes once over memory, and holds what it is given. */
function isCheap({ op, attrs }: RecordedNode): boolean {
  return op === "SlimlabWinogradSpread" || (op === "SlimlabNormalize" && attrs.sides?.i === 0);
}
