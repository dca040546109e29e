/** What entries of other libraries' networks hold, by their names: the same numbers as test/oracle/sourcevalues.py makes. */
import { pattern } from "../patterns";

/** Of a network's normalizations, by layer, the deviation of what each is given. */
export type Scales = ReadonlyMap<string, number>;

/** What an entry holds, by its name: equal to value_of() of test/oracle/sourcevalues.py. @param gain  factor of kernels */
export function sourceValue(name: string, shape: readonly number[], gain = 1): Float32Array {
  const end = name.replace(":0", "").split(/[/.]/).at(-1) ?? "";
  if (name.startsWith("normalization/")) return Float32Array.from(NORMALIZATION[end] ?? []);
  if (["running_var", "moving_variance"].includes(end))
    return pattern(name, shape, { scale: 0.5, offset: 1 });
  if (shape.length > 1) return pattern(name, shape, { scale: Math.sqrt(6 / fanIn(name, end, shape)) * gain });
  if (end === "gamma" || end === "weight") return pattern(name, shape, { scale: 0.25, offset: 0.5 });
  return pattern(name, shape, { scale: 0.1 });
}

/**
 * The same for torch, of a network each of whose normalizations has the deviation of what it is given; the second half of a kernel's inputs
 * weighs as the first, negated: equal to balanced_value() of test/oracle/sourcevalues.py.
 */
export function balancedValue(name: string, shape: readonly number[], scales: Scales): Float32Array {
  const dot = name.lastIndexOf(".");
  const [layer, end] = [name.slice(0, dot), name.slice(dot + 1)];
  const scale = scales.get(layer) ?? 1;
  if (end === "running_var")
    return pattern(name, shape, { scale: 0.5 * scale * scale, offset: scale * scale });
  if (end === "running_mean") return pattern(name, shape, { scale: 0.1 * scale });
  if (shape.length === 1)
    return pattern(name, shape, end === "weight" ? { scale: 0.5, offset: 1 } : { scale: 0.3 });
  const values = sourceValue(name, shape);
  const [outputs = 0, inputs = 0] = shape;
  const half = (Math.floor(inputs / 2) * values.length) / (outputs * inputs);
  for (let output = 0; output < outputs; output++) {
    const start = (output * values.length) / outputs;
    for (let i = start; i < start + half; i++) values[i + half] = -(values[i] ?? NaN);
  }
  return values;
}

/** As Keras publishes the layer that normalizes the pixels of its EfficientNets. */
const NORMALIZATION: Readonly<Record<string, readonly number[]>> = {
  mean: [0.485, 0.456, 0.406],
  variance: [0.229, 0.224, 0.225],
  count: [0],
};

/** Of torch the outputs are first, of Keras last; a depthwise kernel has one input. */
function fanIn(name: string, end: string, shape: readonly number[]): number {
  const isKeras = name.includes("/");
  const isDepthwise =
    end === "depthwise_kernel" || (isKeras && /dw|depthwise/.test(name) && shape.length === 4);
  const inputs = isDepthwise ? shape.slice(0, 2) : isKeras ? shape.slice(0, -1) : shape.slice(1);
  return inputs.reduce((product, size) => product * size, 1);
}
