/** How far a network in whole numbers is from that in floats, on representative images. */
import { shielded } from "../../interrupt";
import { runGraph, tf, type Graph } from "../../tensorflow";
import type { RepresentativeImages } from "./calibrateimages";
import type { Int8Numbers } from "./quantizereport";

/** What is compared. */
export type Difference = Pick<Int8Numbers, "output" | "agreement" | "greatestDifference" | "meanDifference">;

/** The output of a graph that is compared. */
const comparedOf = ({ outputs }: Graph): string =>
  (outputs.find(({ name }) => name === "probabilities") ?? outputs[0])?.name ?? "";

/**
 * Compares what both graphs, of one input each, give.
 * @param onBatch  is told after each batch how many images have gone through
 */
export async function differenceOf(
  [float, whole]: readonly [Graph, Graph],
  images: RepresentativeImages,
  onBatch: (images: number) => void,
): Promise<Difference> {
  const output = comparedOf(float);
  const input = float.inputs[0]?.name ?? "";
  const sums = { same: 0, rows: 0, all: 0, numbers: 0, most: 0 };
  for await (const batch of images.batches()) {
    const compared = (): void => {
      const [expected, got] = [float, whole].map((graph) =>
        rowsOf(runGraph(graph, { [input]: batch })[output]),
      );
      if (expected === undefined || got === undefined) return;
      const far = tf.abs(tf.sub(expected, got));
      sums.all += far.sum().dataSync()[0] ?? NaN;
      sums.most = Math.max(sums.most, far.max().dataSync()[0] ?? NaN);
      const same = tf.equal(tf.argMax(expected, 1), tf.argMax(got, 1));
      sums.same += same.sum().dataSync()[0] ?? NaN;
      sums.numbers += far.size;
      sums.rows += expected.shape[0] ?? 0;
    };
    shielded(() => tf.tidy(compared));
    onBatch(batch.shape[0] ?? 0);
  }
  const { same, rows, all, numbers, most } = sums;
  return {
    output,
    agreement: same / rows,
    greatestDifference: most,
    meanDifference: all / numbers,
  };
}

const rowsOf = (output: tf.Tensor | undefined): tf.Tensor2D | undefined =>
  output?.reshape<tf.Tensor2D>([output.shape[0] ?? 0, -1]);
