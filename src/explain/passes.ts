/** Many runs of a network on one image, changed in many ways: what methods without gradients are made of. */
import { tf, trace } from "../tensorflow";
import type { Subject } from "./method";
import type { Output } from "./target";

/** What is to be run. */
export interface Passes {
  /** [batch, …]: what is changed, the images or what the network goes on with at a cut. */
  readonly of: tf.Tensor4D;
  /** The numbers of each image's passes: which channel is left out, which mask is laid over. */
  readonly numbers: readonly (readonly number[])[];
  /** What tells a pass's change, [numbers, …], of one type and shape beyond the first dimension. Runs in tidy(). */
  given(image: number, numbers: readonly number[]): tf.Tensor;
  /** What the network makes of one row [1, …] of `of`, changed in each of these ways. It is compiled: it depends on nothing else. */
  output(one: tf.Tensor4D, given: tf.Tensor): Output;
}

/** Passes that are done. */
export interface Passed {
  readonly image: number;
  readonly numbers: readonly number[];
  /** float32 [numbers]. The generator's, as `given` is. */
  readonly scores: tf.Tensor1D;
  readonly given: tf.Tensor;
}

/**
 * Runs passes chunk by chunk, all alike in size, so that one recording serves them: the memory is a chunk's. Tells the progress after
 * each and can be stopped between two.
 * @throws what the signal gives as its reason
 */
export async function* passesOf(subject: Subject, passes: Passes): AsyncGenerator<Passed> {
  const { work, score } = subject;
  const most = Math.max(1, ...passes.numbers.map(({ length }) => length));
  const size = Math.ceil(most / Math.ceil(most / work.chunk));
  const total = passes.numbers.reduce((sum, { length }) => sum + length, 0);
  const run = trace((one: tf.Tensor4D, given: tf.Tensor) => passes.output(one, given), {
    name: "passes",
    precision: work.precision,
  });
  let done = 0;
  try {
    for (const [image, numbers] of passes.numbers.entries())
      for (let from = 0; from < numbers.length; from += size) {
        work.signal?.throwIfAborted();
        const some = numbers.slice(from, from + size);
        const given = tf.tidy(() => passes.given(image, filled(some, size)));
        const one = tf.slice(passes.of, [image, 0, 0, 0], [1, -1, -1, -1]);
        const owned: (tf.Tensor | Output)[] = [given, one];
        try {
          const output = await run(one, given);
          owned.push(output);
          const scores = tf.tidy(() => score(output, image).slice([0], [some.length]));
          const givenOfSome = tf.slice(given, 0, some.length);
          owned.push(scores, givenOfSome);
          yield { image, numbers: some, scores, given: givenOfSome };
        } finally {
          tf.dispose(owned);
        }
        done += some.length;
        work.onProgress?.({ done, total });
      }
  } finally {
    run.dispose();
  }
}

/** As many numbers as a chunk has; the last stands for those that are missing, and what it gives again is left out. */
function filled(numbers: readonly number[], size: number): readonly number[] {
  const last = numbers.at(-1) ?? 0;
  return Array.from({ length: size }, (_, i) => numbers[i] ?? last);
}

/**
 * The scores of all passes, by image and number.
 * @param others  of each image: the score of all numbers below `count` that have no pass
 */
export async function scoresOf(
  subject: Subject,
  passes: Passes,
  count: number,
  others: readonly number[],
): Promise<number[][]> {
  const scores = others.map((other) => new Array<number>(count).fill(other));
  for await (const { image, numbers, scores: some } of passesOf(subject, passes)) {
    const values = await some.data();
    numbers.forEach((number, i) => scores[image]?.splice(number, 1, values[i] ?? NaN));
  }
  return scores;
}

/** @throws {RangeError} if an option of a method is no whole number from 1 on */
export function expectCount(method: string, option: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new RangeError(
    `Cannot explain by ${method}: expected ${option} to be a whole number from 1 on, got ${value}`,
  );
}
