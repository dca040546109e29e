/** Recordings of one function at several batch sizes, made one that holds for any. */
import { isDeepStrictEqual } from "node:util";
import { attr } from "../runtime/attributes";
import { dataTypeNumber } from "../runtime/datatype";
import type { FunctionOutput } from "./functiondef";
import type { RecordedConstant, RecordedNode, Source } from "./recorded";
import type { Recording } from "./recording";

/** A recording with the batch size that it was made at. */
export interface SizedRun {
  readonly recording: Recording;
  readonly outputs: readonly FunctionOutput[];
  readonly batch: number;
}

const INT32 = dataTypeNumber("int32");
const FLOAT32 = dataTypeNumber("float32");

/**
 * The operations of the first run, with each constant that follows the batch size replaced by its computation from an argument.
 *
 * Integers may follow it linearly (shapes, sizes, positions), floats in proportion or inversely (means), and constants of one
 * repeated value may have it as a dimension. Three runs tell a rule from a coincidence.
 * @param argument  the argument whose first dimension is the batch
 * @throws {TypeError} if anything else differs between the runs, naming the operation
 */
export function openBatch(
  runs: readonly [SizedRun, SizedRun, SizedRun],
  argument: { readonly index: number; readonly dtype: number },
): { readonly nodes: RecordedNode[]; readonly outputs: FunctionOutput[] } {
  const [first] = runs;
  const refuse = (what: string): never => {
    const sizes = runs.map(({ batch }) => batch).join(", ");
    throw new TypeError(
      `Cannot trace "${first.recording.name}" for any batch: expected the same operations at sizes ${sizes}, got ${what}`,
    );
  };
  const opened = new Map<RecordedNode, Source>();
  const build = new Builder(argument.index, argument.dtype);
  const place = (source: Source): Source => {
    if (source.kind !== "node") return source;
    const now = opened.get(source.node);
    if (now?.kind !== "node") return refuse("an input from nowhere");
    return { ...now, output: now.output + source.output };
  };
  first.recording.nodes.forEach((node, i) => {
    const same = runs.map(({ recording }) => recording.nodes[i]);
    for (const other of same) {
      if (other?.op !== node.op) return refuse(`"${node.op}" and "${other?.op ?? "nothing"}"`);
      if (!isDeepStrictEqual(node.attrs, other.attrs))
        return refuse(`attributes of "${node.op}" that follow the size`);
    }
    const { constant } = node;
    const constants = same.flatMap((other) => (other?.constant === undefined ? [] : [other.constant]));
    if (constant === undefined || constants.every((other) => isDeepStrictEqual(other, constant))) {
      opened.set(node, build.add({ ...node, inputs: node.inputs.map(place) }));
      return undefined;
    }
    const samples = constants.map((value, run) => ({ batch: runs[run]?.batch ?? 0, value }));
    const source = build.following(constant, samples);
    opened.set(
      node,
      source ?? refuse(`a constant [${constant.shape.join(",")}] that follows the size by no known rule`),
    );
    return undefined;
  });
  return {
    nodes: build.nodes,
    outputs: first.outputs.map(({ source, dtype }) => ({ source: place(source), dtype })),
  };
}

/** values = slope × batch + offset, or values = share / batch. */
type Rule =
  | { readonly kind: "linear"; readonly slope: number[]; readonly offset: number[] }
  | { readonly kind: "inverse"; readonly share: number[] };

interface Sample {
  readonly batch: number;
  readonly values: readonly number[];
}

/** The rule by which all the samples follow the batch size, if there is one. */
function ruleOf(samples: readonly Sample[], whole: boolean): Rule | undefined {
  const [a, b] = samples;
  if (a === undefined || b === undefined) return undefined;
  const tolerance = whole ? 0 : 1e-6;
  const holds = (predict: (i: number, batch: number) => number): boolean =>
    samples.every(({ batch, values }) =>
      values.every((value, i) => Math.abs(predict(i, batch) - value) <= tolerance * Math.abs(value)),
    );
  const slope = a.values.map((value, i) => ((b.values[i] ?? 0) - value) / (b.batch - a.batch));
  const offset = a.values.map((value, i) => value - (slope[i] ?? 0) * a.batch);
  if (holds((i, batch) => (slope[i] ?? 0) * batch + (offset[i] ?? 0)))
    return { kind: "linear", slope, offset };
  const share = a.values.map((value) => value * a.batch);
  return !whole && holds((i, batch) => (share[i] ?? 0) / batch) ? { kind: "inverse", share } : undefined;
}

/** Adds nodes that compute with the batch size. */
class Builder {
  readonly nodes: RecordedNode[] = [];
  private size: Source | undefined;

  constructor(
    private readonly argument: number,
    private readonly argumentType: number,
  ) {}

  add(node: RecordedNode): Source {
    this.nodes.push(node);
    return { kind: "node", node, output: 0 };
  }

  /** The constant's value at any batch size, or undefined if the samples tell of no rule. */
  following(
    constant: RecordedConstant,
    samples: readonly { readonly batch: number; readonly value: RecordedConstant }[],
  ): Source | undefined {
    const { dtype, shape } = constant;
    const numbers = samples.map(({ value }) => numbersOf(value));
    if (!samples.every(({ value }) => value.dtype === dtype && value.shape.length === shape.length))
      return undefined;
    if (samples.every(({ value }) => isDeepStrictEqual(value.shape, shape))) {
      return this.computed(
        samples.map(({ batch }, i) => ({ batch, values: numbers[i] ?? [] })),
        dtype,
        shape,
      );
    }
    const [value] = numbers[0] ?? [];
    if (value === undefined || !numbers.every((list) => list?.every((one) => one === value)))
      return undefined;
    const shapes = samples.map((sample) => ({ batch: sample.batch, values: sample.value.shape }));
    const dims = this.computed(shapes, INT32, [shape.length]);
    return dims === undefined ? undefined : this.filled(dims, value, dtype);
  }

  private computed(samples: readonly Sample[], dtype: number, shape: readonly number[]): Source | undefined {
    const rule = ruleOf(samples, dtype === INT32);
    if (rule === undefined || samples.some(({ values }) => values.length === 0)) return undefined;
    const batch = dtype === INT32 ? this.batchSize() : this.batchAsFloat();
    if (rule.kind === "linear") return this.linear(rule.slope, rule.offset, shape, dtype, batch);
    return this.operation("RealDiv", [this.constant(rule.share, shape, dtype), batch], dtype);
  }

  private filled(dims: Source, value: number, dtype: number): Source {
    const attrs = { index_type: attr.type("int32") };
    const inputs = [dims, this.constant([value], [], dtype)];
    return this.add({ op: "Fill", attrs, inputs, inputTypes: [INT32, dtype], outputTypes: [dtype] });
  }

  private linear(
    slope: number[],
    offset: number[],
    shape: readonly number[],
    dtype: number,
    batch: Source,
  ): Source {
    const product = this.operation("Mul", [this.constant(slope, shape, dtype), batch], dtype);
    return this.operation("AddV2", [product, this.constant(offset, shape, dtype)], dtype);
  }

  private batchSize(): Source {
    if (this.size !== undefined) return this.size;
    const argument: Source = { kind: "argument", index: this.argument };
    const attrs32 = { out_type: attr.type("int32") };
    const shape = this.add({
      op: "Shape",
      attrs: attrs32,
      inputs: [argument],
      inputTypes: [this.argumentType],
      outputTypes: [INT32],
    });
    const at = (i: number): Source => this.constant([i], [1], INT32);
    const attrs = { shrink_axis_mask: attr.int(1) };
    const inputs = [shape, at(0), at(1), at(1)];
    this.size = this.add({
      op: "StridedSlice",
      attrs,
      inputs,
      inputTypes: [INT32, INT32, INT32, INT32],
      outputTypes: [INT32],
    });
    return this.size;
  }

  private batchAsFloat(): Source {
    const attrs = { SrcT: attr.type("int32"), DstT: attr.type("float32") };
    return this.add({
      op: "Cast",
      attrs,
      inputs: [this.batchSize()],
      inputTypes: [INT32],
      outputTypes: [FLOAT32],
    });
  }

  private operation(op: string, inputs: readonly Source[], dtype: number): Source {
    return this.add({ op, attrs: {}, inputs, inputTypes: inputs.map(() => dtype), outputTypes: [dtype] });
  }

  private constant(values: readonly number[], shape: readonly number[], dtype: number): Source {
    const typed =
      dtype === INT32
        ? Int32Array.from(values)
        : dtype === FLOAT32
          ? Float32Array.from(values)
          : Uint8Array.from(values);
    const constant: RecordedConstant = { dtype, shape, values: new Uint8Array(typed.buffer) };
    return this.add({ op: "Const", attrs: {}, inputs: [], inputTypes: [], outputTypes: [dtype], constant });
  }
}

/** The values of a float32, int32 or bool constant. */
function numbersOf({ dtype, values }: RecordedConstant): number[] | undefined {
  if (!ArrayBuffer.isView(values)) return undefined;
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
  if (dtype === INT32) return [...new Int32Array(bytes.buffer)];
  if (dtype === FLOAT32) return [...new Float32Array(bytes.buffer)];
  return dtype === dataTypeNumber("bool") ? [...bytes] : undefined;
}
