/** A file in whole numbers of eight bits, and what is told of it. */
import { stat } from "node:fs/promises";
import type { TypedGraph } from "../../tensorflow";
import { sizeOfModel, type ModelProto } from "./messages";
import { quantizeInt8, type Int8Options } from "./quantizeint8";
import { int8Report, type Int8Report } from "./quantizereport";
import { writeModel } from "./write";

/** What was written, and how well it agrees with floats. */
export interface Int8Export extends Int8Report {
  /** The path of the file. */
  readonly file: string;
}

/**
 * Makes whole numbers of a graph and writes them.
 * @param given  the graph of TensorFlow's operations, and the model of ONNX's that was made of it
 */
export async function writeInt8(
  file: string,
  { graph, float }: { readonly graph: TypedGraph; readonly float: ModelProto },
  options: Int8Options,
  signal?: AbortSignal,
): Promise<Int8Export> {
  const whole = await quantizeInt8(graph, float.graph, options, signal);
  await writeModel(file, { ...float, graph: whole.graph }, signal);
  const { size: bytes } = await stat(file);
  const report = int8Report({ ...whole.numbers, bytes, floatBytes: sizeOfModel(float) });
  return Object.assign(report, { file });
}
