/** Models as files of ONNX's. */
import { finishFirst, interruptible, shielded } from "../../interrupt";
import { Model } from "../../model";
import { recordGraph, type GraphFunction, type TypedGraph } from "../../tensorflow";
import { classifierGraph, type ClassifierGraphOptions } from "../classifiergraph";
import { photoSizeOf } from "../expected";
import type { Layout } from "./builder";
import { describeClassifier, type ClassifierFacts, type OnnxFacts } from "./describe";
import { emitOnnx } from "./emit";
import type { ModelProto } from "./messages";
import type { Int8Options } from "./quantizeint8";
import { writeInt8, type Int8Export } from "./quantizewrite";
import { writeModel } from "./write";

/** Options of exportOnnx() for a function of one's own. */
export interface ExportOnnxFunctionOptions {
  /** The version of ONNX's operations: 17, which most runtimes read, to 26. @default 17 */
  readonly opset?: number;
  /** How images lie, given and got: [batch, height, width, channels] or [batch, channels, height, width]. @default "NHWC" */
  readonly layout?: Layout;
  /** Ends it, before anything is written. @default the notebook's Interrupt */
  readonly signal?: AbortSignal;
}

/** Options of exportOnnx() for a model. */
export interface ExportOnnxOptions
  extends ExportOnnxFunctionOptions, Omit<ClassifierGraphOptions, "size">, ClassifierFacts {}

/** What exportOnnx() is given in addition to write a network in whole numbers of eight bits. */
export interface WithInt8 {
  readonly int8: Int8Options;
}

/** The versions of operations that are written. */
const OPSETS = { least: 17, most: 26 } as const;

/**
 * Writes a model in inference, or a function of your own, as a file that ONNX Runtime and others of ONNX's run: `images` in, `logits`
 * and `probabilities` out; with heat `classes` in and `heat` out, too. The batch's size is open, batch normalizations are folded into
 * convolutions, and class names stand in the file's metadata as JSON. Written whole or not at all.
 *
 * With `int8`, convolutions and what lies between them are computed in whole numbers of eight bits, by ranges that are measured on
 * representative images: a quarter of the bytes, and some times as fast. How far it is from floats is told.
 * @param file  its folder is made if need be; a file that is there is replaced
 * @returns     the file; with int8, how well it agrees with floats
 * @throws {TypeError} that names the operation or the constant, if ONNX has no such operation, or it is of a type that is not written
 * @throws {RangeError} if an option is none that it may be, weights have 2 GiB or more, or representative images are fewer than eight, or not finite
 * @throws {Error} if the model is disposed, or the disk refuses
 * @example
 * await exportOnnx(model, "servo.onnx", { classNames: ["cat", "dog"], heat: true });
 * display(await exportOnnx(model, "small.onnx", { int8: { images: "representative.npy" } }));
 * @see https://onnx.ai/onnx/operators, and onnx/docs/Versioning.md for the versions
 */
export async function exportOnnx(model: Model, file: string, options: ExportOnnxOptions & WithInt8): Promise<Int8Export>; // prettier-ignore
export async function exportOnnx(fn: GraphFunction, file: string, options: ExportOnnxFunctionOptions & WithInt8): Promise<Int8Export>; // prettier-ignore
export async function exportOnnx(model: Model, file: string, options?: ExportOnnxOptions): Promise<string>; // prettier-ignore
export async function exportOnnx(fn: GraphFunction, file: string, options?: ExportOnnxFunctionOptions): Promise<string>; // prettier-ignore
export async function exportOnnx(
  model: Model | GraphFunction,
  file: string,
  options: ExportOnnxOptions & Partial<WithInt8> = {},
): Promise<string | Int8Export> {
  const { int8, opset = OPSETS.least, layout = "NHWC", signal } = interruptible(options);
  expectOptions(file, opset, layout);
  const facts = model instanceof Model ? describeClassifier(model, options) : { docs: {}, metadata: {} };
  signal?.throwIfAborted();
  return finishFirst(async () => {
    const graph = shielded(() => graphOf(model, options));
    try {
      const float = shielded(() => onnxModel(graph, { opset, layout }, facts));
      if (int8 !== undefined) return await writeInt8(file, { graph, float }, int8, signal);
      await writeModel(file, float, signal);
      return file;
    } finally {
      graph.dispose();
    }
  });
}

function graphOf(model: Model | GraphFunction, options: ExportOnnxOptions): TypedGraph {
  if (!(model instanceof Model)) return recordGraph("function", model);
  const { size } = photoSizeOf("export to ONNX", model, options.photo);
  return classifierGraph(model, { ...options, size });
}

/** A graph as a model of ONNX's. */
function onnxModel(
  graph: TypedGraph,
  options: { readonly opset: number; readonly layout: Layout },
  { docs, metadata }: OnnxFacts,
): ModelProto {
  const { opset, layout } = options;
  const made = emitOnnx(graph, options);
  const told = <T extends { readonly name: string }>(value: T): T => {
    const doc_string = docs[value.name];
    return doc_string === undefined ? value : { ...value, doc_string };
  };
  return {
    ir_version: irVersion(opset),
    producer_name: "slimlab",
    opset_import: [{ domain: "", version: opset }],
    graph: { ...made, input: made.input.map(told), output: made.output.map(told) },
    metadata_props: Object.entries({ layout, ...metadata }).map(([key, value]) => ({ key, value })),
  };
}

/** The format's version, of those that the oldest readers of these operations know; none greater than 10, which all of them read. */
function irVersion(opset: number): number {
  if (opset < 19) return 8;
  return opset < 21 ? 9 : 10;
}

function expectOptions(file: string, opset: number, layout: string): void {
  const { least, most } = OPSETS;
  if (!(Number.isInteger(opset) && opset >= least && opset <= most))
    throw new RangeError(`Cannot export to "${file}": expected opset ${least} to ${most}, got ${opset}`);
  if (!["NHWC", "NCHW"].includes(layout))
    throw new RangeError(`Cannot export to "${file}": expected layout "NHWC" or "NCHW", got "${layout}"`);
}
