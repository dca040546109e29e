/** TensorFlow's sources of seeds: each beginning of a step that draws takes the next one. */
import {
  createIterator,
  createSeedGenerator,
  nextElementSync,
  rangeDataset,
  repeatDataset,
  shuffleDataset,
  skipDataset,
  tf,
  unrecorded,
} from "../tensorflow";
import { STREAM, type Draw } from "./draws";

/** As tf.random.get_seed() gives them for a seed of the operation alone, so that the order is Python's. */
export function seedsOf({ seed, nth }: Draw): readonly [number, number] {
  return [DEFAULT_GRAPH_SEED + Math.floor(nth / STREAM), seed];
}

const DEFAULT_GRAPH_SEED = 87654321; // tensorflow/python/framework/random_seed.py

/** A source of seeds, from where the draws before have left it; the caller disposes. */
export function createGenerator(draw: Draw, reshuffle: boolean): tf.Tensor {
  const seeds = seedsOf(draw);
  const before = draw.nth % STREAM;
  return unrecorded(() => {
    const generator = tf.keep(createSeedGenerator(seeds, reshuffle));
    if (!reshuffle || before === 0) return generator;
    const types = ["int32"] as const;
    const iterator = tf.tidy(() => {
      const shuffled = shuffleDataset(rangeDataset(0, 1, 1), types, 1, seeds, generator, reshuffle);
      const drawn = skipDataset(repeatDataset(shuffled, types, before), types, before - 1);
      return tf.keep(createIterator(drawn, types));
    });
    tf.dispose([...nextElementSync(iterator, types), iterator]);
    return generator;
  });
}
