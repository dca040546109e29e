/** What a recording consists of. */
import type { Attrs } from "../runtime/attributes";
import type { AttrValue, OpMessage } from "../runtime/messages";
import { opDefinition } from "../runtime/opdefs";

/** Where a value inside the function comes from. */
export type Source =
  | { readonly kind: "argument"; readonly index: number }
  | { readonly kind: "capture"; readonly index: number }
  | { readonly kind: "node"; readonly node: RecordedNode; readonly output: number };

/** A constant of the recorded function. */
export interface RecordedConstant {
  readonly dtype: number;
  readonly shape: readonly number[];
  readonly values: ArrayBufferView | readonly Uint8Array[];
}

/** A node's place in a block. */
export interface BlockPlace {
  readonly block: number;
  /** Whether it is the block's result. */
  isResult: boolean;
}

/** One recorded operation. */
export interface RecordedNode {
  readonly op: string;
  readonly attrs: Attrs;
  readonly inputs: readonly Source[];
  readonly inputTypes: readonly number[];
  readonly outputTypes: readonly number[];
  readonly constant?: RecordedConstant;
  /** Of the inputs in the recorded run, as far as it knows them. */
  readonly inputShapes?: readonly (readonly number[] | undefined)[];
  /** Where it runs if it has to be computed while it is recorded. @default where its inputs are */
  readonly device?: string;
  /** The block that it was recorded in, if any; see recomputable(). */
  readonly block?: BlockPlace;
  /** What runs before it, beside its inputs. @default nothing */
  readonly after?: readonly RecordedNode[];
  /** The operation on its first input that stands in for it then. @default itself */
  readonly computedAs?: string;
}

/** Copies of nodes, by the nodes that they stand in for. */
type Copies = ReadonlyMap<RecordedNode, RecordedNode>;

/** Where a value comes from in a copy of a recording; as it was where its node has no copy. */
export const movedBy =
  (copies: Copies) =>
  (source: Source): Source =>
    source.kind === "node" ? { ...source, node: copies.get(source.node) ?? source.node } : source;

/** What runs before a node, in a copy of a recording. */
export function movedAfter({ after }: RecordedNode, copies: Copies): Pick<RecordedNode, "after"> {
  return after === undefined ? {} : { after: after.map((one) => copies.get(one) ?? one) };
}

/** Whether an operation has effects, so that it runs even if nothing needs what it gives, and in its turn. */
export function isStateful(node: RecordedNode): boolean {
  return node.constant === undefined && opDefinition(node.op).is_stateful;
}

/** An operation's outputs as nodes of functions name them: `<output argument>:<index in it>`, since an argument may hold several tensors. */
export function outputNames(op: string, attrs: Attrs): readonly string[] {
  return opDefinition(op).output_arg.flatMap(({ name, number_attr, type_list_attr }) => {
    const list = type_list_attr ? attrs[type_list_attr]?.list?.type?.length : undefined;
    const count = list ?? (number_attr ? Number(attrs[number_attr]?.i ?? 1) : 1);
    return Array.from({ length: count }, (_, i) => `${name}:${i}`);
  });
}

/** The attributes of an operation, with those that its inputs tell, and how many inputs each of its arguments takes: -1 for one. */
export interface WholeAttributes {
  readonly attrs: Record<string, AttrValue>;
  readonly lengths: readonly number[];
}

/**
 * Fills in what the types and numbers of an operation's inputs tell of its attributes.
 * @throws {RangeError} if there is no such operation
 */
export function wholeAttributes(node: Pick<RecordedNode, "op" | "attrs" | "inputTypes">): WholeAttributes {
  const attrs: Record<string, AttrValue> = { ...node.attrs };
  let position = 0;
  const lengths = opDefinition(node.op).input_arg.map((argument) => {
    const length = inferAttributes(argument, attrs, node.inputTypes, position);
    position += Math.abs(length);
    return length;
  });
  return { attrs, lengths };
}

function inferAttributes(
  { number_attr, type_attr, type_list_attr }: OpMessage["input_arg"][number],
  attrs: Record<string, AttrValue>,
  inputTypes: readonly number[],
  position: number,
): number {
  const left = inputTypes.length - position;
  if (type_list_attr) {
    const given = attrs[type_list_attr]?.list?.type;
    const count = given?.length ?? left;
    attrs[type_list_attr] ??= { list: { type: inputTypes.slice(position, position + count) } };
    return count;
  }
  const type = inputTypes[position];
  // The input's own type: the vendor gives the mean of an int32 tensor, which it casts first, that of before the cast.
  if (type_attr && type !== undefined) attrs[type_attr] = { type };
  if (!number_attr) return -1;
  const count = attrs[number_attr]?.i ?? left;
  attrs[number_attr] ??= { i: count };
  return count;
}
