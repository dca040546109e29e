/** A JavaScript function, recorded once and registered with TensorFlow. */
import { shielded } from "../../interrupt";
import { computeAgain } from "./again";
import { attr } from "../runtime/attributes";
import { withoutChance } from "./chance";
import { dataTypeName, type DataType } from "../runtime/datatype";
import { digestOfFunction, digestOfTensors } from "./digest";
import { executeOne } from "./execute";
import { fuse } from "./fuse";
import { dividedRun, registerDivided, registerWhole } from "./divided";
import type { FunctionOutput } from "./functiondef";
import { graphBytes } from "./graphdef";
import type { Prepared } from "./prepared";
import { openBatch, type SizedRun } from "./openbatch";
import { overwriting } from "./overwrite";
import { inBfloat16, recordedIn, type RecordedPrecision } from "./precision";
import { recomputeBlocks, type Recompute } from "./recompute";
import type { RecordedNode } from "./recorded";
import { Recording, type Example } from "./recording";
import { expectSame } from "./same";
import { beginRecording, dataType, observe, tf, typeNumber } from "../runtime/runtime";
import { Variables } from "./variables";

/** A TensorFlow function that a recording made. */
export interface RecordedFunction {
  /** Its name in TensorFlow: an operation for execute(), or the value of attr.func(). */
  readonly name: string;
  /** What it closed over, in the order in which it takes them after its own arguments; variables as they are now. */
  readonly captures: readonly tf.Tensor[];
  /** What it takes after that, if it was recorded with `prepares` and layers' weights follow from what it closed over. */
  readonly prepared: Pick<Prepared, "get"> | undefined;
  readonly outputTypes: readonly DataType[];
  /** Shapes of the outputs of the recorded run. */
  readonly outputShapes: readonly (readonly number[])[];
  /** Variables assigned inside: output `outputTypes.length - assigned.length + i` is the new value of `assigned[i]`. */
  readonly assigned: readonly tf.Variable[];
  /** Variables that may be lent to a call, with `overwrites`: it gives their new values in their own memory. */
  readonly lent: readonly tf.Tensor[];
  readonly nodeCount: number;
  /** Operations computed at the recording, since shapes or what was read unrecorded follow from what they give. */
  readonly computedCount: number;
  /** As a serialized GraphDef, to be looked at. */
  graph(): Uint8Array;
  /** Of its operations and of what it closes over as that is now: the same of the same function in another process. */
  digest(): string;
  /** Takes it out of TensorFlow; calling it afterwards fails. */
  dispose(): void;
}

/** Options of recordFunction(). */
export interface RecordOptions {
  /** "any": arguments whose first dimension is that of the first may come in another batch size. @default the example's size only */
  readonly batch?: "any";
  /** Records it a second time, and refuses it if that differs: it uses something that changes, such as a counter. @default false */
  readonly twice?: boolean;
  /** Whether it is called with arguments of the example's shapes only. @default false */
  readonly sameShapes?: boolean;
  /**
   * Whether its calls, none of which is inside another function, give it what it makes of what it closes over and does not assign:
   * `prepared`.
   * @default false
   */
  readonly prepares?: boolean;
  /** What it is computed in. @default "float32" */
  readonly precision?: RecordedPrecision;
  /** What is computed twice, if it has one size of batch. @default "none" */
  readonly recompute?: Recompute;
  /** Whether variables are lent to its calls, none of which is inside another function. @default false */
  readonly overwrites?: boolean;
}

let count = 0;

/**
 * Runs `fn` once on tensors like those of `example`, records its operations and registers them as a function. Nothing is computed
 * but what shapes follow from, where they follow from data.
 *
 * Variables that `fn` assigns have their old values again afterwards; variables that it creates keep their initial values and
 * `fn` runs a second time, in which they exist.
 * @param fn  takes and gives tensors; what it reads of `shape` is fixed in the recording
 * @throws {TypeError} if `fn` reads a value, is asynchronous or draws random numbers in JavaScript
 */
export function recordFunction(
  fn: (...args: tf.Tensor[]) => readonly tf.Tensor[],
  example: readonly tf.Tensor[],
  name = fn.name === "" ? "fn" : fn.name,
  options: RecordOptions = {},
): RecordedFunction {
  return shielded(() => record(fn, example, name, options));
}

function record(
  fn: (...args: tf.Tensor[]) => readonly tf.Tensor[],
  example: readonly tf.Tensor[],
  name: string,
  options: RecordOptions,
): RecordedFunction {
  const { run, called } = runWhole(fn, example, name, options);
  const unique = `${name.replace(/\W/g, "_")}_${count++}`;
  const { captures } = run.recording;
  const divided = options.prepares === true ? dividedRun(run, captures) : undefined;
  const whole = divided?.rest ?? run;
  const { lent, ...overwritten } = overwriting({ ...whole, captures });
  const { nodes, outputs } = options.overwrites === true ? overwritten : whole;
  const form = {
    name: unique,
    argumentTypes: example.map(typeNumber),
    captureTypes: captures.map(typeNumber),
    ...(options.sameShapes === true && { shapes: [...example, ...captures].map(({ shape }) => shape) }),
  };
  const parts = { ...form, nodes, outputs };
  const registered = divided === undefined ? registerWhole(parts) : registerDivided(parts, divided, captures);
  const { nodeCount, prepared } = registered;
  const release = releaseAll(registered.release, called);
  const recorded: RecordedFunction = {
    name: unique,
    captures,
    outputTypes: run.outputs.map(({ dtype }) => dataTypeName(dtype)),
    outputShapes: run.shapes,
    assigned: run.assigned,
    lent: captures.filter((_, i) => lent.includes(i)),
    prepared,
    nodeCount,
    computedCount: run.recording.computedCount,
    graph() {
      const captureNames = captures.map((capture) =>
        capture instanceof tf.Variable ? capture.name : undefined,
      );
      const assignedNames = run.assigned.map((one) => one.name);
      return graphBytes({ ...form, nodes: run.nodes, outputs: run.outputs, captureNames, assignedNames });
    },
    digest: () => `${digestOfFunction(unique)} ${digestOfTensors(captures)}`,
    dispose() {
      release();
      prepared?.dispose();
    },
  };
  unreachable.register(recorded, release);
  return recorded;
}

type Called = Recording["called"];

const disposeCalled = (called: Called): void => called.forEach((one) => one.dispose());

/** What frees a function and those that it calls; made here, since what is made in record() would hold the variables there. */
function releaseAll(release: () => void, called: Called): () => void {
  return () => {
    release();
    disposeCalled(called);
  };
}

/** Takes functions out of TensorFlow that nothing can call any more. */
const unreachable = new FinalizationRegistry<() => void>((release) => release());

/** One recorded run, on inputs of which those that are batches have so many rows more than the example. */
type RunOnce = (more?: number) => Run;

/** The run to register, and the functions that it calls. */
function runWhole(
  fn: (...args: tf.Tensor[]) => readonly tf.Tensor[],
  example: readonly tf.Tensor[],
  name: string,
  options: RecordOptions,
): { readonly run: Run; readonly called: Called } {
  const called: Called = new Map();
  const { precision = "float32", recompute = "none" } = options;
  const again = recompute === "blocks" ? recomputeBlocks : computeAgain;
  const runOnce: RunOnce = (more = 0) =>
    recordedIn(precision, () => runRecorded(fn, examplesOf(example, more), name, called));
  try {
    const first = runOnce();
    const whole = first.createdVariables ? runOnce() : first;
    if (options.twice === true) expectSame({ name, nodes: whole.nodes }, { name, nodes: runOnce().nodes });
    const run = options.batch === "any" ? withOpenBatch(whole, runOnce, example, name) : again(fuse(whole));
    return { run: precision === "bfloat16" ? inBfloat16(run) : run, called };
  } catch (error) {
    disposeCalled(called);
    throw error;
  }
}

interface Run {
  readonly recording: Recording;
  readonly nodes: readonly RecordedNode[];
  readonly outputs: readonly FunctionOutput[];
  readonly shapes: readonly (readonly number[])[];
  readonly assigned: readonly tf.Variable[];
  readonly createdVariables: boolean;
}

function runRecorded(
  fn: (...args: tf.Tensor[]) => readonly tf.Tensor[],
  examples: readonly Example[],
  name: string,
  called: Called,
): Run {
  const before = new Variables();
  const recording = new Recording(name, examples, (dataId) => before.at(dataId), called);
  const engine = tf.engine();
  const undo = watchOperations(recording);
  const end = beginRecording(recording);
  let hasFailed = true;
  engine.startScope(name);
  try {
    const run = observe(recording, () => {
      const args = recording.arguments();
      const results = withoutChance(() => fn(...args));
      recording.check();
      const changed = before.changed();
      const tensors = [...results, ...changed];
      return {
        recording,
        nodes: recording.nodes,
        outputs: tensors.map((tensor) => recording.sourceOfTensor(tensor)),
        shapes: tensors.map((tensor) => [...tensor.shape]),
        assigned: changed,
        createdVariables: before.created().length > 0,
      };
    });
    hasFailed = false;
    return run;
  } finally {
    engine.endScope();
    undo();
    before.restore();
    try {
      recording.close(hasFailed ? "variables" : "all");
    } finally {
      end();
    }
  }
}

/** The same run for any batch size: recorded again with one and with two rows more. */
function withOpenBatch(run: Run, runOnce: RunOnce, example: readonly tf.Tensor[], name: string): Run {
  const index = example.findIndex((tensor) => tensor.rank > 0);
  const leading = example[index];
  const batch = leading?.shape[0];
  if (leading === undefined || batch === undefined) {
    throw new TypeError(
      `Cannot trace "${name}" for any batch: expected an argument with a first dimension, got none`,
    );
  }
  const sized = (one: Run, size: number): SizedRun => ({
    recording: one.recording,
    outputs: one.outputs,
    batch: size,
  });
  const [second, third] = [sized(runOnce(1), batch + 1), sized(runOnce(2), batch + 2)];
  const dtype = typeNumber(leading);
  return { ...run, ...openBatch([sized(run, batch), second, third], { index, dtype }) };
}

/** What the function is recorded with: the example, in which the tensors that are batches may have so many rows more. */
function examplesOf(example: readonly tf.Tensor[], more: number): Example[] {
  const batch = example.find((tensor) => tensor.rank > 0)?.shape[0];
  return example.map((tensor) => {
    const [rows, ...rest] = tensor.shape;
    const isLarger = more > 0 && rows !== undefined && rows === batch;
    return {
      dtype: typeNumber(tensor),
      shape: isLarger ? [rows + more, ...rest] : tensor.shape,
      value: () => observe(undefined, () => tf.keep(isLarger ? withMoreRows(tensor, more) : copyOf(tensor))),
    };
  });
}

function copyOf(tensor: tf.Tensor): tf.Tensor {
  return executeOne("Identity", [tensor]);
}

function withMoreRows(tensor: tf.Tensor, more: number): tf.Tensor {
  return tf.tidy(() => {
    const begin = tf.zeros([tensor.rank], "int32");
    const row = executeOne("Slice", [tensor, begin, tf.tensor1d([1, ...tensor.shape.slice(1)], "int32")]);
    const attrs = { N: attr.int(more + 1), T: attr.type(dataType(tensor)), Tidx: attr.type("int32") };
    const rows = Array.from({ length: more }, () => row);
    return executeOne("ConcatV2", [...rows, tensor, tf.scalar(0, "int32")], attrs);
  });
}

/** tfjs tells the name of each operation through the engine's scopes: `randomNormal__op`. */
function watchOperations(recording: Recording): () => void {
  const engine = tf.engine();
  const start = engine.startScope;
  engine.startScope = (scope?: string) => {
    if (scope?.endsWith("__op") === true) recording.started(scope.slice(0, -4));
    start.call(engine, scope);
  };
  return () => {
    engine.startScope = start;
  };
}
