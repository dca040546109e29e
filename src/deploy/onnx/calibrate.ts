/** From where to where activations of a graph go, measured on representative images. */
import { shielded } from "../../interrupt";
import { attr, execute, nodeOf, runGraph, tf, type Graph, type GraphInput } from "../../tensorflow";
import type { RepresentativeImages } from "./calibrateimages";
import { rangeOf, scaleOf, type ValueRange } from "./quantizescale";

/** How ranges are chosen: all that was seen, or what is cut off being weighed against how coarse the rest is. */
export type RangeChoice = "minMax" | "mse";

/** Options of calibrate(). */
export interface CalibrateOptions {
  /** Names of the values. */
  readonly values: ReadonlySet<string>;
  readonly choice: RangeChoice;
  /** Told after each batch how many images have gone through. */
  onBatch(images: number): void;
}

/** How often the images go through for it. */
export const passesOf = (choice: RangeChoice): number => (choice === "mse" ? 2 : 1);

/** The part of a graph that depends on one of its inputs alone. */
export function partOf(graph: Graph, input: GraphInput): Graph {
  const known = new Set([input.name, ...graph.constants.keys()]);
  const nodes = graph.nodes.filter((node) => {
    const isKnown = node.inputs.every((value) => known.has(nodeOf(value)));
    if (isKnown) known.add(node.name);
    return isKnown;
  });
  const outputs = graph.outputs.filter(({ value }) => known.has(nodeOf(value)));
  return { inputs: [input], outputs, nodes, constants: graph.constants };
}

/** Cells of the counts that a range is chosen by. */
const CELLS = 2048;

/**
 * Ranges of values of a graph with one input, by name.
 * @throws {RangeError} if a value is not finite
 */
export async function calibrate(
  graph: Graph,
  images: RepresentativeImages,
  options: CalibrateOptions,
): Promise<Map<string, ValueRange>> {
  const ranges = new Map<string, ValueRange>();
  await everyValue(graph, images, options, (value, tensor) => {
    const [min = NaN, max = NaN] = [tensor.min().dataSync()[0], tensor.max().dataSync()[0]];
    if (!Number.isFinite(min + max))
      throw new RangeError(`Cannot calibrate: expected finite numbers as "${value}", got ${min} to ${max}`);
    const { min: least, max: most } = ranges.get(value) ?? { min, max };
    ranges.set(value, { min: Math.min(min, least), max: Math.max(max, most) });
  });
  if (options.choice === "minMax") return ranges;
  const counts = new Map<string, Float64Array>();
  await everyValue(graph, images, options, (value, tensor) => {
    const { min, max } = ranges.get(value) ?? { min: 0, max: 0 };
    if (min === max) return;
    const cells = counts.get(value) ?? new Float64Array(CELLS);
    counts.set(value, cells);
    const [counted] = execute("HistogramFixedWidth", [tensor, tf.tensor1d([min, max]), tf.scalar(CELLS, "int32")], { T: attr.type("float32"), dtype: attr.type("int32") }); // prettier-ignore
    counted?.dataSync().forEach((count, i) => (cells[i] = (cells[i] ?? 0) + count));
  });
  for (const [value, cells] of counts) {
    const range = ranges.get(value);
    if (range !== undefined)
      ranges.set(
        value,
        shielded(() => leastError(cells, range)),
      );
  }
  return ranges;
}

async function everyValue(
  graph: Graph,
  images: RepresentativeImages,
  { values, onBatch }: CalibrateOptions,
  see: (value: string, tensor: tf.Tensor) => void,
): Promise<void> {
  const [input] = graph.inputs;
  if (input === undefined) return;
  for await (const batch of images.batches()) {
    const seen = (): void => {
      if (values.has(input.name)) see(input.name, batch);
      runGraph(graph, { [input.name]: batch }, (value, tensor) => {
        if (values.has(value)) tf.tidy(() => see(value, tensor));
      });
    };
    shielded(() => tf.tidy(seen));
    onBatch(batch.shape[0] ?? 0);
  }
}

/** The range, of those cut off by up to 90 %, at which the mean squared error of whole numbers is least, by counts between min and max. */
export function leastError(cells: Float64Array, { min, max }: ValueRange): ValueRange {
  const width = (max - min) / cells.length;
  let best = { range: { min, max }, error: Infinity };
  for (let part = 1; part > 0.1; part -= 0.01) {
    const range = { min: Math.min(min, 0) * part, max: Math.max(max, 0) * part };
    const scale = scaleOf(range);
    const error = errorOf(cells, { min, width, step: scale.scale, told: rangeOf(scale) });
    if (error < best.error) best = { range, error };
  }
  return best.range;
}

/** The sum of squared errors: within the range those of numbers spread evenly over a step, beyond it how far they are. */
function errorOf(
  cells: Float64Array,
  {
    min,
    width,
    step,
    told,
  }: { readonly min: number; readonly width: number; readonly step: number; readonly told: ValueRange },
): number {
  let error = 0;
  cells.forEach((count, i) => {
    const from = min + i * width;
    if (from <= 0 && from + width > 0) return; // 0 is told exactly
    const middle = from + width / 2;
    const beyond = Math.max(told.min - middle, middle - told.max, 0);
    error += count * (beyond > 0 ? beyond ** 2 : step ** 2 / 12);
  });
  return error;
}
