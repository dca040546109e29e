import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { python } from "../python";

/** One value of an event file, as Python TensorFlow reads it. */
export interface PythonValue {
  readonly step: number;
  readonly tag: string;
  readonly plugin: string;
  /** JSON of the value: a number, a histogram's fields, or a tensor's. */
  readonly value: unknown;
}

/** An event file as Python TensorFlow reads it. */
export interface PythonEvents {
  readonly versions: readonly string[];
  readonly starts: readonly number[];
  readonly nodes: readonly (readonly [name: string, op: string, inputs: readonly string[]])[];
  readonly values: readonly PythonValue[];
}

const SCRIPT = `
import json, sys
import tensorflow as tf
v1 = tf.compat.v1
def plain(value):
    kind = value.WhichOneof("value")
    if kind == "simple_value": return value.simple_value if value.simple_value == value.simple_value else "NaN"
    if kind == "histo":
        h = value.histo
        return dict(min=h.min, max=h.max, num=h.num, sum=h.sum, sum_squares=h.sum_squares,
                    bucket_limit=list(h.bucket_limit), bucket=list(h.bucket))
    array = tf.make_ndarray(value.tensor)
    if array.dtype != object: return array.tolist()
    images = value.metadata.plugin_data.plugin_name == "images"
    return [tf.io.decode_png(b).numpy().tolist() if images and i > 1 else b.decode() for i, b in enumerate(array.ravel())]
out = dict(versions=[], starts=[], nodes=[], values=[])
for event in v1.train.summary_iterator(sys.argv[1]):
    what = event.WhichOneof("what")
    if what == "file_version": out["versions"].append(event.file_version)
    if what == "session_log" and event.session_log.status == v1.SessionLog.START: out["starts"].append(event.step)
    if what == "graph_def":
        graph = v1.GraphDef.FromString(event.graph_def)
        out["nodes"] = [[node.name, node.op, list(node.input)] for node in graph.node]
    for value in event.summary.value:
        out["values"].append(dict(step=event.step, tag=value.tag, plugin=value.metadata.plugin_data.plugin_name, value=plain(value)))
print(json.dumps(out))
`;

/** Reads an event file with tf.compat.v1.train.summary_iterator. */
export async function readWithPython(file: string): Promise<PythonEvents> {
  const { stdout } = await promisify(execFile)(python ?? "python3", ["-c", SCRIPT, file], {
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3", CUDA_VISIBLE_DEVICES: "-1" },
    maxBuffer: 1 << 26,
  });
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- the script above makes it
  return JSON.parse(stdout) as PythonEvents;
}
