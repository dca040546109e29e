import { Model } from "../../model";
import { tf } from "../../tensorflow";
import type { Explained } from "../../explain";
import type { Maps, Metric, Verdict } from "../metric";
import { correlation, ranks } from "./order";

/** Options of randomization(). */
export interface RandomizationOptions {
  /** Another seed gives other weights. It is to differ from the model's own. @default 1 */
  readonly seed?: number;
}

/**
 * The sanity check by randomized weights: how alike the map stays when the network forgets what it has learned, from the head downwards:
 * first the logits' weights are random, then the last block's as well, and so on to the first layer. Spearman's correlation of the ranks
 * of the cells of both maps, in the mean over these stages, −1…1. Less is better: a map that stays the same does not show what the
 * network knows. The model itself stays as it is: a copy of its own forgets.
 * @throws {RangeError} when it begins, if the seed is that of the model
 * @see Adebayo et al. 2018, "Sanity checks for saliency maps" (arXiv 1810.03292) §4.1, cascading randomization
 */
export function randomization({ seed = 1 }: RandomizationOptions = {}): Metric {
  return {
    name: "randomization",
    columns: [{ name: "randomized", better: "less" }],
    passes: (model) => stagesOf(model).length,
    open: (model) => {
      if (seed === model.options.seed)
        throw new RangeError(`Cannot randomize weights: expected another seed than the model's, got ${seed}`);
      const [copy, random] = [new Model(model.options), new Model({ ...model.options, seed })];
      return {
        judge: (maps) => judge(maps, copy, random),
        dispose: () => {
          copy.dispose();
          random.dispose();
        },
      };
    },
  };
}

async function judge(maps: Maps, copy: Model, random: Model): Promise<Verdict> {
  assign(copy, maps.model, () => true);
  const before = ranksOf(maps.explained);
  const stages = stagesOf(maps.model);
  const y = before.map((): number[] => []);
  for (const stage of stages) {
    maps.signal?.throwIfAborted();
    assign(copy, random, (name) => stageOf(name) === stage);
    const explained = await maps.explainBy(copy);
    try {
      ranksOf(explained).forEach((after, image) =>
        y[image]?.push(correlation(before[image] ?? after, after)),
      );
    } finally {
      tf.dispose(explained);
    }
    maps.passed(before.length);
  }
  const randomized = y.map((all) => all.reduce((sum, one) => sum + one / all.length, 0));
  const x = stages.map((stage) => stage.slice(stage.indexOf("/") + 1));
  return {
    scores: { randomized },
    curves: [{ name: "randomized", along: "random from the head down to", of: "rank correlation", x, y }],
  };
}

/** The parts of a network from the head downwards: "Predict/logits", "resnet_v1_50/block4", …, "resnet_v1_50/conv1". */
function stagesOf(model: Model): string[] {
  return [...new Set(model.variables.all().map(({ name }) => stageOf(name)))].reverse();
}

function stageOf(name: string): string {
  return name.split("/").slice(0, 2).join("/");
}

/** Gives a model the values of another's variables. */
function assign(to: Model, from: Model, isWanted: (name: string) => boolean): void {
  for (const { name, variable } of to.variables.all())
    if (isWanted(name)) variable.assign(from.variables.expect(name));
}

function ranksOf({ heatmaps }: Explained): Float64Array[] {
  const [batch, height, width] = heatmaps.shape;
  const values = Float32Array.from(heatmaps.dataSync());
  if (values.some((value) => !Number.isFinite(value)))
    throw new RangeError("Cannot compare maps by random weights: expected finite heat, got NaN or infinity");
  const size = height * width;
  return Array.from({ length: batch }, (_, image) =>
    ranks(values.subarray(image * size, (image + 1) * size)),
  );
}
